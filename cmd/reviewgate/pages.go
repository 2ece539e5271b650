package main

import (
	"log/slog"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/web"
	"github.com/reviewgate/reviewgate/internal/web/signin"
)

// openPages makes the pages that people are shown, nil if none are to be, and has checks link
// to them.
func openPages(cfg config.Config, db service.Store, forges map[string]service.Forge, base *gate.Config, watch *service.Watch,
	log *slog.Logger, now func() time.Time) (*web.Pages, error) {
	if cfg.Pages == config.PagesOff {
		return nil, nil
	}
	home := strings.TrimSuffix(cfg.PublicURL, "/")
	shown := web.Config{Runs: db, Waits: db, Charts: db, Forges: map[string]web.Visibility{}, Readers: map[string]web.Readers{}, Home: home,
		Messages: base.Messages, Log: log, Now: now}
	for name, f := range forges {
		if f.Gate.Visibility != nil {
			shown.Forges[name] = f.Gate.Visibility
		}
		if f.Gate.Readers != nil {
			shown.Readers[name] = f.Gate.Readers
		}
	}
	settings, err := cfg.Shown()
	if err != nil {
		return nil, err
	}
	shown.Steward = web.Steward{IsAdmin: cfg.IsAdmin, Teams: adminTeams(&cfg, forges), Work: db,
		State: watch.State, Settings: settings, Version: versionText()}
	if shown.Desk, err = openDesk(cfg, home, db, forges); err != nil {
		return nil, err
	}
	if home != "" {
		base.Page = func(ref pull.Ref) string { return home + web.Address(ref) }
	}
	return web.New(shown)
}

// adminTeams are the teams whose members are admins, as their forges name them.
func adminTeams(cfg *config.Config, forges map[string]service.Forge) (teams []web.AdminTeam) {
	for _, t := range cfg.AdminTeams() {
		teams = append(teams, web.AdminTeam{Forge: t[0], Name: t[1], Source: forges[t[0]].Gate.Source})
	}
	return teams
}

// openDesk lets people sign in; nil where no forge has a registration for it.
func openDesk(cfg config.Config, home string, db service.Store, forges map[string]service.Forge) (*signin.Desk, error) {
	by := map[string]signin.Forge{}
	for _, fc := range cfg.Forges {
		if !fc.OAuth.Set() {
			continue
		}
		secret, err := cfg.Secret("the client secret of "+fc.Name, fc.OAuth.ClientSecret, fc.OAuth.ClientSecretFile)
		if err != nil {
			return nil, err
		}
		by[fc.Name] = signin.Forge{SignIn: forges[fc.Name].Gate.SignIn, ClientID: fc.OAuth.ClientID, Secret: secret}
	}
	if len(by) == 0 {
		return nil, nil
	}
	return signin.New(signin.Config{Home: home, Forges: by, Sessions: db}), nil
}
