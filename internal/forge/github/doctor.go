package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge"
)

// Examine reads what is known of the forge as a whole: who it takes us for, where the
// App is installed, and where its webhook goes to. It reads the repositories of so
// many installations as are to be counted. What can't be read is said in what it
// gives. It takes four calls, and two for each installation that is counted;
// with a token two.
func (f *Forge) Examine(ctx context.Context, counted int) doctor.Forge {
	out := doctor.Forge{Name: f.cfg.Name}
	if f.cfg.App == nil {
		f.examineToken(ctx, &out)
		return out
	}
	out.AppID = f.cfg.App.ID
	if f.examineApp(ctx, &out); out.Login.State != doctor.Taken {
		return out
	}
	f.examineInstallations(ctx, &out.Installations, counted)
	f.examineHook(ctx, &out.Hook)
	f.examineDeliveries(ctx, &out.Deliveries)
	return out
}

// ask reads an answer as it is now and gives how far the forge's clock is ahead of
// ours; nil where the answer names no time, or there is none.
func (f *Forge) ask(ctx context.Context, cl *github.Client, path string, into any) (res *github.Response, ahead *time.Duration, err error) {
	req, err := cl.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("If-None-Match", `"none"`) // no kept answer, whose headers may be old
	begun := f.cfg.Now()
	res, err = cl.Do(ctx, req, into)
	ended := f.cfg.Now()
	header := http.Header{}
	if failed, ok := errors.AsType[*github.ErrorResponse](err); ok && failed.Response != nil {
		header = failed.Response.Header
	} else if res != nil {
		header = res.Header
	}
	at, unreadable := http.ParseTime(header.Get("Date"))
	if unreadable != nil {
		return res, nil, err
	}
	// The header is in whole seconds, and of some moment in between.
	off := at.Add(time.Second / 2).Sub(begun.Add(ended.Sub(begun) / 2))
	return res, &off, err
}

// notTaken reads how GitHub refuses an App's key (octokit/auth-app.js#375,
// octokit/rest.js#218) or a token.
func notTaken(err error) doctor.Login {
	failed, ok := errors.AsType[*github.ErrorResponse](err)
	if !ok {
		return doctor.Login{State: doctor.NotAnswered, Said: kind(err).Error()}
	}
	said := failed.Message
	switch code := status(err); {
	case code == http.StatusUnauthorized && (strings.Contains(said, "('exp')") || strings.Contains(said, "('iat')")):
		return doctor.Login{State: doctor.WrongTimes, Said: said}
	case code == http.StatusUnauthorized:
		return doctor.Login{State: doctor.NotTaken, Said: said}
	case code == http.StatusNotFound && strings.Contains(said, "Integration"):
		return doctor.Login{State: doctor.NoSuchApp, Said: said}
	}
	return doctor.Login{State: doctor.NotAnswered, Said: kind(err).Error()}
}

func (f *Forge) examineApp(ctx context.Context, out *doctor.Forge) {
	var app struct { // the library knows fewer permissions
		ID          int64             `json:"id"`
		Slug        string            `json:"slug"`
		Permissions map[string]string `json:"permissions"`
		Events      []string          `json:"events"`
	}
	_, ahead, err := f.ask(ctx, f.asApp(), "app", &app)
	out.Clock = ahead
	switch {
	case err != nil:
		out.Login = notTaken(err)
		return
	case app.Slug == "" || app.ID == 0:
		out.Login = doctor.Login{State: doctor.NotAnswered, Said: errIncomplete.Error()}
		return
	}
	if app.ID == f.cfg.App.ID {
		f.rememberSelf(app.Slug + "[bot]")
	}
	out.App = doctor.App{ID: app.ID, Slug: app.Slug, Permissions: app.Permissions, Events: app.Events}
}

// installationAnswer is an installation with what its account has accepted.
type installationAnswer struct {
	ID      int64 `json:"id"`
	Account struct {
		Login string `json:"login"`
		Slug  string `json:"slug"` // of an enterprise
	} `json:"account"`
	Permissions map[string]string `json:"permissions"`
	Events      []string          `json:"events"`
	SuspendedAt *time.Time        `json:"suspended_at"`
}

func (f *Forge) examineInstallations(ctx context.Context, out *doctor.Installations, counted int) {
	list, err := f.installations(ctx)
	if err != nil {
		out.Unread = err.Error()
		return
	}
	for n, i := range list {
		one := doctor.Installation{Account: i.Account.Login, Suspended: i.SuspendedAt != nil, Permissions: i.Permissions, Events: i.Events,
			Repositories: -1}
		if one.Account == "" {
			one.Account = i.Account.Slug
		}
		if !one.Suspended && n < counted {
			f.learn(i.Account.Login, i.ID)
			if repos, err := f.given(ctx, i.ID); err != nil {
				one.Unread = kind(err).Error()
			} else {
				one.Repositories = len(repos)
			}
		}
		out.List = append(out.List, one)
	}
}

// installations lists where the App is installed.
func (f *Forge) installations(ctx context.Context) ([]installationAnswer, error) {
	list, err := listAll(func(opts *github.ListOptions) ([]installationAnswer, *github.Response, error) {
		var page []installationAnswer
		res, _, err := f.ask(ctx, f.asApp(), fmt.Sprintf("app/installations?per_page=%d&page=%d", opts.PerPage, max(opts.Page, 1)), &page)
		return page, res, err
	})
	if err == nil && slices.ContainsFunc(list, func(i installationAnswer) bool { return i.ID == 0 }) {
		err = forge.MissingField("an installation's id")
	}
	return list, err
}

func (f *Forge) examineHook(ctx context.Context, out *doctor.Hook) {
	var a struct {
		URL      string          `json:"url"`
		Type     string          `json:"content_type"`
		Insecure json.RawMessage `json:"insecure_ssl"` // "1", or 1
		Secret   string          `json:"secret"`       // asterisks, where one is set
	}
	if _, _, err := f.ask(ctx, f.asApp(), "app/hook/config", &a); err != nil {
		out.Unread = kind(err).Error()
		return
	}
	*out = doctor.Hook{URL: a.URL, ContentType: a.Type, Insecure: strings.Trim(string(a.Insecure), `"`) == "1", Secret: a.Secret != ""}
}

// examineDeliveries reads the last hundred attempts, and gives the events that they
// were for.
func (f *Forge) examineDeliveries(ctx context.Context, out *doctor.Deliveries) {
	page, _, err := f.asApp().Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{PerPage: pageSize})
	if err != nil {
		out.Unread = kind(err).Error()
		return
	}
	at := map[string]int{}
	young := f.cfg.Now().Add(-underWay)
	for _, d := range page {
		if d.GetStatusCode() == 0 && d.GetDeliveredAt().After(young) {
			continue
		}
		taken := d.GetStatusCode() >= http.StatusOK && d.GetStatusCode() < http.StatusMultipleChoices
		if i, known := at[d.GetGUID()]; known {
			out.List[i].Done = out.List[i].Done || taken
			continue
		}
		at[d.GetGUID()] = len(out.List)
		out.List = append(out.List, doctor.Delivery{Status: d.GetStatusCode(), Words: d.GetStatus(), Done: taken})
	}
}

// examineToken asks for the limits, which costs nothing of them, for what GitHub says
// of a token beside any answer (docs.github.com, "Scopes for OAuth apps").
func (f *Forge) examineToken(ctx context.Context, out *doctor.Forge) {
	var limits struct {
		Resources json.RawMessage `json:"resources"`
	}
	out.Token = doctor.Token{
		Untold: "GitHub tells it of classic tokens only",
		Look:   "see that it may read contents and organisation members, and write commit statuses and pull requests",
		Needs: []doctor.Scope{
			{Any: []string{"repo", "public_repo"}, Lost: "it can't write comments and statuses", Needed: true},
			{Any: []string{"repo"}, Lost: "private repositories can't be read"},
			{Any: []string{"read:org", "write:org", "admin:org"}, Lost: "teams can't be read, and a team that can't be read approves nothing"},
		},
		Safer: "use a GitHub App, and require the check from it",
	}
	res, ahead, err := f.ask(ctx, f.clientOf(0).rest, "rate_limit", &limits)
	if out.Clock = ahead; err != nil && status(err) != http.StatusNotFound { // a server may have no limits
		out.Login = notTaken(err)
		return
	}
	if scopes := res.Header.Values("X-OAuth-Scopes"); len(scopes) > 0 {
		out.Token.Told = true
		for scope := range strings.SplitSeq(strings.Join(scopes, ","), ",") {
			if scope = strings.TrimSpace(scope); scope != "" {
				out.Token.Scopes = append(out.Token.Scopes, scope)
			}
		}
	}
	self, err := f.whoami(ctx)
	if err != nil {
		out.Login = doctor.Login{State: doctor.NotAnswered, Said: err.Error()}
		if failed, ok := errors.AsType[*statusError](err); ok && failed.code == http.StatusUnauthorized {
			out.Login.State = doctor.NotTaken
		}
		return
	}
	out.Token.Login = self.login
}

// unreadable reports whether an error is that something may not be read, or is not
// there.
func unreadable(err error) bool {
	return errors.Is(err, forge.ErrForbidden) || errors.Is(err, forge.ErrNotFound) || errors.Is(err, forge.ErrGone)
}
