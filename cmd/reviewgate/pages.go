package main

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/web"
)

// openPages makes the pages that people are shown, unless none are to be, and has checks link
// to them.
func openPages(cfg config.Config, db service.Store, forges map[string]service.Forge, base *gate.Config, log *slog.Logger,
	now func() time.Time) (func(*http.ServeMux), error) {
	if cfg.Pages == config.PagesOff {
		return nil, nil
	}
	visible := map[string]web.Visibility{}
	for name, f := range forges {
		if f.Gate.Visibility != nil {
			visible[name] = f.Gate.Visibility
		}
	}
	pages, err := web.New(web.Config{Runs: db, Forges: visible, Messages: base.Messages, Log: log, Now: now})
	if err != nil {
		return nil, err
	}
	if home := strings.TrimSuffix(cfg.PublicURL, "/"); home != "" {
		base.Page = func(ref pull.Ref) string { return home + web.Address(ref) }
	}
	return pages.Register, nil
}
