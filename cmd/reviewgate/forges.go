package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/config"
	"github.com/reviewgate/reviewgate/internal/doctor/survey"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/forge/gitea"
	"github.com/reviewgate/reviewgate/internal/forge/gitee"
	"github.com/reviewgate/reviewgate/internal/forge/github"
	"github.com/reviewgate/reviewgate/internal/forge/github/actions"
	"github.com/reviewgate/reviewgate/internal/forge/mirror"
	"github.com/reviewgate/reviewgate/internal/history/oneshot"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/service"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// opened is a forge as the commands use it.
type opened struct {
	service.Forge
	once  oneshot.Forge
	setup survey.Reader
	// intake makes Forge.Intake of the webhook's secret.
	intake func(secret []byte) (webhook.Intake, error)
}

// close ends what a forge has begun.
func (o opened) close() error {
	if o.Close == nil {
		return nil
	}
	return o.Close()
}

// environment is the world that a forge is reached in; the zero environment is the real one.
type environment struct {
	transport http.RoundTripper // carries the calls to forges
	now       func() time.Time
	replicas  func() int // that share the forges' limits; nil: one
	waits     github.Waits
	observe   func(name string, account int64, c forge.Call) // told of each call; may be nil
	// clones has content read from clones where that is configured, and hears of them. Only
	// a service keeps some; nil: content is read by the API.
	clones *slog.Logger
	hour   time.Duration // of the limits that are counted by ourselves; 0: an hour
}

// observing is told of each call to a forge; nil where nobody wants to be.
func (o environment) observing(name string) func(int64, forge.Call) {
	if o.observe == nil {
		return nil
	}
	return func(account int64, c forge.Call) { o.observe(name, account, c) }
}

// openForge reaches a configured forge. It makes no call. This is the only switch over
// kinds of forges.
func openForge(cfg config.Config, fc config.Forge, o environment) (opened, error) {
	switch fc.Kind {
	case github.Kind:
		f, err := newGitHub(cfg, fc, o)
		if err != nil {
			return opened{}, err
		}
		return withContent(cfg, fc, o, ofGitHub(f), mirror.Config{Remote: f.Remote, RequestRef: github.RequestRef}, f.Watch)
	case gitea.Kind:
		return openGitea(cfg, fc, o)
	case gitee.Kind, gitee.KindGitCode:
		return openGitee(cfg, fc, o)
	}
	return opened{}, fmt.Errorf("kind %q: this build knows %s, %s, %s and %s", fc.Kind, github.Kind, gitea.Kind, gitee.Kind, gitee.KindGitCode)
}

// openGitea reaches a Gitea by a token, and its content by clones: those of the service, or
// some that last as long as the command.
func openGitea(cfg config.Config, fc config.Forge, o environment) (opened, error) {
	token, err := cfg.Secret("the token", fc.Token, fc.TokenFile)
	if err != nil {
		return opened{}, err
	}
	out := gitea.Config{Name: fc.Name, APIURL: fc.APIURL, Token: token, PublicURL: cfg.PublicURL, WritesPerMinute: fc.WritesPerMinute,
		Transport: o.transport, Now: o.now, Observe: o.observing(fc.Name)}
	m, err := openClones(cfg, fc, o, mirror.Config{Remote: out.Remote, RequestRef: gitea.RequestRef})
	if err != nil {
		return opened{}, err
	}
	out.Content = m
	f, err := gitea.New(out)
	if err != nil {
		return opened{}, errors.Join(err, m.Close())
	}
	return opened{Forge: service.Forge{Gate: m.Below(f.Gate()), Sweep: f, Line: f, Examine: f.Examine, Close: m.Close}, once: f, setup: f,
		intake: f.Intake}, nil
}

// openGitee is openGitea for a Gitee or a GitCode.
func openGitee(cfg config.Config, fc config.Forge, o environment) (opened, error) {
	token, err := cfg.Secret("the token", fc.Token, fc.TokenFile)
	if err != nil {
		return opened{}, err
	}
	out := gitee.Config{Name: fc.Name, Kind: fc.Kind, APIURL: fc.APIURL, Token: token, PublicURL: cfg.PublicURL, WebhookMode: fc.WebhookMode,
		Bots: fc.Bots, WritesPerMinute: fc.WritesPerMinute, SweepShare: int(cfg.Sweep.Share), Replicas: o.replicas, Transport: o.transport,
		Now: o.now, Observe: o.observing(fc.Name), Hour: o.hour}
	m, err := openClones(cfg, fc, o, mirror.Config{Remote: out.Remote, RequestRef: out.RequestRef})
	if err != nil {
		return opened{}, err
	}
	out.Content = m
	f, err := gitee.New(out)
	if err != nil {
		return opened{}, errors.Join(err, m.Close())
	}
	return opened{Forge: service.Forge{Gate: m.Below(f.Gate()), Sweep: f, Line: f, Examine: f.Examine, Close: m.Close}, once: f, setup: f,
		intake: f.Intake}, nil
}

// openClones opens the clones of a forge: those of the service, or some that last as long as
// the command.
func openClones(cfg config.Config, fc config.Forge, o environment, clones mirror.Config) (*mirror.Mirror, error) {
	if o.clones != nil {
		clones.Dir, clones.Log = filepath.Join(cfg.Path(cfg.DataDir), "mirror", fc.Name), o.clones
	}
	clones.Disk, clones.Fetches, clones.Filter = int64(cfg.Mirror.Disk), cfg.Mirror.Fetches, cfg.Mirror.Filter
	clones.Now = o.now
	return mirror.New(clones)
}

func ofGitHub(f *github.Forge) opened {
	return opened{Forge: service.Forge{Gate: f.Gate(), Sweep: f, Redeliverer: f, Line: f, Examine: f.Examine}, once: f, setup: f,
		intake: f.Intake}
}

// withContent has a forge's content read from clones where that is configured. watch is told
// what is looked up there.
func withContent(cfg config.Config, fc config.Forge, o environment, remote opened, clones mirror.Config,
	watch func(pull.Repo, []string)) (opened, error) {
	if fc.Content != config.ContentGit || o.clones == nil {
		return remote, nil
	}
	m, err := openClones(cfg, fc, o, clones)
	if err != nil {
		return opened{}, err
	}
	remote.Gate, remote.Close = m.Over(remote.Gate, watch), m.Close
	return remote, nil
}

// newGitHub reaches a GitHub as an app or by a token.
func newGitHub(cfg config.Config, fc config.Forge, o environment) (*github.Forge, error) {
	out := github.Config{
		Name: fc.Name, APIURL: fc.APIURL, PublicURL: cfg.PublicURL, Transport: o.transport, Now: o.now, SweepShare: int(cfg.Sweep.Share),
		WritesPerMinute: fc.WritesPerMinute, Replicas: o.replicas, Waits: o.waits, Observe: o.observing(fc.Name),
	}
	read := func() (string, error) { return cfg.Secret("the token", fc.Token, fc.TokenFile) }
	if fc.App.ID != 0 {
		read = func() (string, error) {
			return cfg.Secret("the app's private key", fc.App.PrivateKey, fc.App.PrivateKeyFile)
		}
	}
	secret, err := read()
	if err != nil {
		return nil, err
	}
	out.Reload = func() ([]byte, error) {
		again, err := read()
		return []byte(again), err
	}
	if out.Token = secret; fc.App.ID != 0 {
		out.App, out.Token = &github.App{ID: fc.App.ID, Key: []byte(secret)}, ""
	}
	return github.New(out)
}

// openNamed reaches the forge of a check with what flags, configuration and environment
// give. An App may reach organisations that have nothing to do with each other, so the
// configuration says which trust which; a token reads for whoever gave it.
func openNamed(f checkFlags, warnings io.Writer) (remote opened, served *config.Config, err error) {
	if f.config == "" {
		remote, err = openByToken(f)
		return remote, nil, err
	}
	cfg, err := config.Load(f.config, environ(warnings))
	if err != nil {
		return remote, nil, err
	}
	for _, fc := range cfg.Forges {
		if fc.Name == f.forge {
			remote, err = openForge(cfg, fc, environment{})
			return remote, &cfg, err
		}
	}
	return remote, nil, fmt.Errorf("--forge %s: %s configures no forge of that name", f.forge, f.config)
}

// openByToken reaches GitHub with the token of the environment or of --token-file.
func openByToken(f checkFlags) (opened, error) {
	if f.forge != github.Kind {
		return opened{}, fmt.Errorf("--forge %s: write github, or name a forge of --config", f.forge)
	}
	token := cmp.Or(os.Getenv("GITHUB_TOKEN"), os.Getenv("GH_TOKEN"))
	if f.tokenFile != "" {
		data, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return opened{}, fmt.Errorf("read token: %w", err)
		}
		token = strings.TrimSpace(string(data))
	}
	if token == "" {
		return opened{}, errors.New("no token: set GITHUB_TOKEN, or name a file with --token-file")
	}
	remote, err := github.New(github.Config{
		Name: f.forge, APIURL: cmp.Or(f.apiURL, os.Getenv("GITHUB_API_URL")), Token: token, Now: time.Now,
		PublicURL: actions.WorkflowPage(f.repo),
	})
	if err != nil {
		return opened{}, err
	}
	return ofGitHub(remote), nil
}
