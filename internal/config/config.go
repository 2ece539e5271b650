// Package config is the service's own configuration: one YAML file, each key
// of which can also come from the environment.
//
// It promises that a faulty configuration is refused with all its faults, each
// with its line, before anything starts; and that secrets are named by file or
// come from the environment, so that none stands in the file or in a flag.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Config is the service's configuration. The environment wins over the file:
// REVIEWGATE_LISTEN and so on, as the env tags say. Forges are numbered from 0
// in the file's order, so REVIEWGATE_FORGES_0_NAME is the name of the first and
// REVIEWGATE_FORGES_0_APP_ID its App's id; the number after the last adds one.
type Config struct {
	// Listen is the address of the webhooks and probes.
	Listen string `yaml:"listen" env:"LISTEN"`
	// AdminListen is the address of the metrics; keep it private.
	AdminListen string `yaml:"admin_listen" env:"ADMIN_LISTEN"`
	// PublicURL is where people reach the service; checks link to it.
	PublicURL string `yaml:"public_url" env:"PUBLIC_URL"`
	// Pages is who may see pages of what was decided: "public" shows those of public
	// repositories to everybody, "off" none. Checks link to them where PublicURL is set.
	Pages string `yaml:"pages" env:"PAGES"`
	// Admins are the people who see how the service fares on PUBLIC_URL/-/admin, as
	// FORGE:LOGIN, such as github:alice, or as the members of a team, FORGE:@ORGANISATION/TEAM.
	// They sign in by that forge (forges: oauth).
	Admins []string `yaml:"admins" env:"ADMINS"`
	// Database is "sqlite:PATH", or "postgres://USER@HOST:PORT/NAME" for any
	// number of replicas.
	Database string `yaml:"database" env:"DATABASE"`
	// DatabasePasswordFile holds the password of the Postgres user; an SQLite
	// file needs none.
	DatabasePasswordFile string `yaml:"database_password_file" env:"DATABASE_PASSWORD_FILE"`
	// DatabasePassword is the password itself; from the environment only.
	DatabasePassword string `yaml:"-" env:"DATABASE_PASSWORD"`
	// Forges are the forges to watch.
	Forges []Forge `yaml:"forges" envPrefix:"FORGES"`
	// DefaultPolicy is the policy of repositories that have none; without it
	// the gate is off there.
	DefaultPolicy string `yaml:"default_policy" env:"DEFAULT_POLICY"`
	// DefaultSubsystems is the ownership map of repositories that have none.
	DefaultSubsystems string `yaml:"default_subsystems" env:"DEFAULT_SUBSYSTEMS"`

	// Server is what no repository's policy can weaken or decide.
	Server Server `yaml:"server" envPrefix:"SERVER_"`
	// DataDir is the folder of clones, where a forge's content is read from git. What is in
	// it can be fetched again; each replica needs its own.
	DataDir string `yaml:"data_dir" env:"DATA_DIR"`
	// Mirror is how these clones are made.
	Mirror Mirror `yaml:"mirror" envPrefix:"MIRROR_"`
	// Keep is how long what is no longer needed is kept.
	Keep Keep `yaml:"keep" envPrefix:"KEEP_"`
	// Sweep is the search for what no event told of.
	Sweep Sweep `yaml:"sweep" envPrefix:"SWEEP_"`
	// Log is what the service tells on its standard error.
	Log Log `yaml:"log" envPrefix:"LOG_"`

	dir string // relative paths are relative to the file's directory
}

// Server is what the service asks of all policies.
type Server struct {
	// Minimum is what every policy asks for at the least.
	Minimum policyfile.Minimum `yaml:"minimum" envPrefix:"MINIMUM_"`
	// Override is who may let a pull request in that mends a broken policy.
	Override policyfile.OverrideFile `yaml:"override" env:"-"`
	// Trust are the pairs of owners of which the one's repositories may name
	// ownership files and teams of the other. Within one owner all may.
	Trust []Trust `yaml:"trust" env:"-"`
	// Language is that of checks where no policy can be read: en or zh-CN. Default zh-CN on
	// Gitee and GitCode, else en.
	Language string `yaml:"language" env:"LANGUAGE"`
}

// Trust lets the policies and maps of repositories of From, a user or an
// organisation, name files and teams of To. What they say is shown to everybody who
// can see a check of From's.
type Trust struct {
	// From is the owner whose repositories name files and teams.
	From string `yaml:"from"`
	// To is the owner whose files and teams they may name.
	To string `yaml:"to"`
}

var ownerName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$`)

// UnmarshalYAML reads {from: acme, to: acme-shared}.
func (t *Trust) UnmarshalYAML(n *yaml.Node) error {
	const want = "want two owners, such as {from: acme, to: acme-shared}: repositories of acme may name files and teams of acme-shared"
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, want)
	}
	type plain Trust
	if err := strictyaml.Decode(n, (*plain)(t)); err != nil {
		return err
	}
	if !ownerName.MatchString(t.From) || !ownerName.MatchString(t.To) {
		return strictyaml.Errorf(n, want)
	}
	return nil
}

// Trusts tells whether a pair of owners is listed. Owners compare without case.
func (s Server) Trusts(from, to string) bool {
	return slices.ContainsFunc(s.Trust, func(t Trust) bool { return strings.EqualFold(t.From, from) && strings.EqualFold(t.To, to) })
}

// Forge is one forge to watch.
type Forge struct {
	// Name is its name in the webhook's address, /webhooks/NAME, and in references.
	Name string `yaml:"name" env:"NAME"`
	// Kind is what the forge is: github; gitea, for a Gitea or a Forgejo; gitee or gitcode.
	Kind string `yaml:"kind" env:"KIND"`
	// APIURL is where its API is: https://api.github.com/ or https://HOST/api/v3/ of a
	// GitHub, https://HOST/api/v1/ of a Gitea, https://gitee.com/api/v5/ of Gitee and
	// https://api.gitcode.com/api/v5/ of GitCode. Default the site's own; a Gitea has none.
	APIURL string `yaml:"api_url" env:"API_URL"`
	// App is the GitHub App to act as; it writes check runs.
	App App `yaml:"app" envPrefix:"APP_"`
	// Content says where files, trees and commits are read: api, or git, which keeps a
	// clone of each repository below data_dir and has no limits on lists. Default api.
	Content string `yaml:"content" env:"CONTENT"`
	// WritesPerMinute is how many comments, labels and requests for review are
	// written in a minute at the most, in each account that the App is installed in;
	// twice as many checks are. Default 75, a little below GitHub's limit; a server
	// of your own may allow more.
	WritesPerMinute int `yaml:"writes_per_minute" env:"WRITES_PER_MINUTE"`
	// TokenFile holds a token to act with instead; it writes commit statuses.
	TokenFile string `yaml:"token_file" env:"TOKEN_FILE"`
	// Token is the token itself; from the environment only.
	Token string `yaml:"-" env:"TOKEN"`
	// WebhookSecretFile holds the secret that is set on the forge.
	WebhookSecretFile string `yaml:"webhook_secret_file" env:"WEBHOOK_SECRET_FILE"`
	// WebhookSecret is the secret itself; from the environment only.
	WebhookSecret string `yaml:"-" env:"WEBHOOK_SECRET"`
	// WebhookMode is how the webhooks of a Gitee or a GitCode prove themselves: signature,
	// or password where that is set on the forge. Default signature.
	WebhookMode string `yaml:"webhook_mode" env:"WEBHOOK_MODE"`
	// Bots are logins of accounts on a Gitee or a GitCode that are no people, so that they
	// are not asked and their approvals do not count. The forge does not tell.
	Bots []string `yaml:"bots" env:"BOTS"`
	// OAuth is the gate's registration by which people sign in to see pages of what they may
	// read on the forge. Its callback address is PUBLIC_URL/-/signin/NAME/back.
	OAuth OAuth `yaml:"oauth" envPrefix:"OAUTH_"`

	line int
}

// App names a GitHub App.
type App struct {
	// ID is the number that the App's settings page shows.
	ID int64 `yaml:"id" env:"ID"`
	// PrivateKeyFile holds the key that was downloaded from that page, in PEM.
	PrivateKeyFile string `yaml:"private_key_file" env:"PRIVATE_KEY_FILE"`
	// PrivateKey is the key itself, in PEM; from the environment only.
	PrivateKey string `yaml:"-" env:"PRIVATE_KEY"`
}

// UnmarshalYAML keeps the line.
func (f *Forge) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want a forge, such as {name: github, kind: github}")
	}
	type plain Forge
	f.line = n.Line
	return strictyaml.Decode(n, (*plain)(f))
}

// UnmarshalYAML refuses unknown keys.
func (a *App) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want an app, such as {id: 12, private_key_file: app.pem}")
	}
	type plain App
	return strictyaml.Decode(n, (*plain)(a))
}

// Load reads a file, if one is named, lays the environment over it and checks
// the whole. environ maps names to values, as env.ToMap(os.Environ()) gives.
func Load(file string, environ map[string]string) (Config, error) {
	c, faults, err := read(file, environ)
	if err != nil {
		return Config{}, err
	}
	if len(faults) > 0 { // the list may lack those that could not be read
		c.Forges = nil
	}
	if faults = append(faults, c.validate(file, len(faults) == 0)...); len(faults) > 0 {
		return Config{}, faults
	}
	return c, nil
}

// LoadPart is Load for who needs a part, such as the database: what is missing elsewhere,
// and what values mean, is not looked at.
func LoadPart(file string, environ map[string]string) (Config, error) {
	c, faults, err := read(file, environ)
	if err == nil && len(faults) > 0 {
		err = faults
	}
	if err != nil {
		return Config{}, err
	}
	return c, nil
}

// read reads a file, if one is named, and the environment. The error is of the file itself.
func read(file string, environ map[string]string) (Config, strictyaml.Faults, error) {
	c := Config{dir: "."}
	var faults strictyaml.Faults
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return Config{}, nil, fmt.Errorf("read configuration: %w", err)
		}
		faults = strictyaml.AsFaults(strictyaml.Unmarshal(file, data, &c))
		c.dir = filepath.Dir(file)
	}
	if err := env.ParseWithOptions(&c, env.Options{Prefix: EnvPrefix, Environment: environ}); err != nil {
		faults = append(faults, envFaults(err)...)
	}
	return c.WithDefaults(), faults, nil
}

// envFaults says which key's variable can't be read. The library's own text
// holds the value, which may be a secret that got into the wrong variable.
func envFaults(err error) strictyaml.Faults {
	var faults strictyaml.Faults
	if all, ok := errors.AsType[env.AggregateError](err); ok {
		for _, e := range all.Errors {
			if bad, ok := errors.AsType[env.ParseError](e); ok {
				faults = append(faults, strictyaml.Fault{Text: fmt.Sprintf("the environment variable %s…_%s: want a value of type %s", EnvPrefix,
					bad.Name, strictyaml.TypeName(bad.Type.String()))})
			}
		}
	}
	if len(faults) == 0 {
		faults = strictyaml.Faults{{Text: "the environment variables " + EnvPrefix + "… can't be read"}}
	}
	return faults
}

var forgeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// validate collects all faults. listed reports whether all forges that there are are known.
func (c *Config) validate(file string, listed bool) strictyaml.Faults {
	var faults strictyaml.Faults
	fault := func(line int, format string, args ...any) {
		faults = append(faults, strictyaml.Fault{File: file, Line: line, Text: fmt.Sprintf(format, args...)})
	}
	for _, a := range [][2]string{{"listen", c.Listen}, {"admin_listen", c.AdminListen}} {
		if _, _, err := net.SplitHostPort(a[1]); err != nil {
			fault(0, "%s %q: want HOST:PORT, such as 127.0.0.1:8080", a[0], a[1])
		}
	}
	if c.PublicURL != "" && !isURL(c.PublicURL) {
		fault(0, "public_url %q: want an address such as https://gate.example.org", c.PublicURL)
	}
	if l := c.Server.Language; l != "" && l != "en" && l != "zh-CN" {
		fault(0, "server.language %q: write en or zh-CN", l)
	}
	for _, text := range c.mirrorFaults() {
		fault(0, "%s", text)
	}
	for _, text := range c.pageFaults(listed) {
		fault(0, "%s", text)
	}
	for _, text := range c.serviceFaults() {
		fault(0, "%s", text)
	}
	if len(c.Forges) == 0 && listed {
		fault(0, "no forges; list at least one under forges:")
	}
	seen := map[string]bool{}
	for _, f := range c.Forges {
		for _, text := range f.faults() {
			fault(f.line, "%s", text)
		}
		if seen[f.Name] {
			fault(f.line, "duplicate forge name %q", f.Name)
		}
		seen[f.Name] = true
	}
	return faults
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

func (f *Forge) faults() []string {
	var out []string
	if !forgeName.MatchString(f.Name) {
		out = append(out, fmt.Sprintf("forge name %q: small letters, digits and dashes only, such as github", f.Name))
	}
	out = append(out, f.kindFaults()...)
	out = append(out, f.OAuth.faults()...)
	if !slices.Contains([]string{"", ContentAPI, ContentGit}, f.Content) {
		out = append(out, fmt.Sprintf("content %q: write api or git", f.Content))
	}
	if f.WritesPerMinute < 0 {
		out = append(out, "writes_per_minute: want 1 or more")
	}
	hasApp := f.App.ID != 0 || f.App.PrivateKeyFile != "" || f.App.PrivateKey != ""
	hasToken := f.TokenFile != "" || f.Token != ""
	switch {
	case hasApp == hasToken:
		out = append(out, "a forge needs either an app or a token_file")
	case hasApp && (f.App.ID == 0 || f.App.PrivateKeyFile == "" && f.App.PrivateKey == ""):
		out = append(out, "an app needs both id and private_key_file")
	}
	if f.WebhookSecretFile == "" && f.WebhookSecret == "" {
		out = append(out, "webhook_secret_file is missing: without a secret anybody could forge deliveries")
	}
	return out
}

// kindFaults are those that hang on what the forge is.
func (f *Forge) kindFaults() []string {
	var out []string
	switch f.Kind {
	case "github":
		if f.APIURL != "" && !isURL(f.APIURL) {
			out = append(out, fmt.Sprintf("api_url %q: want https://api.github.com/, or https://HOST/api/v3/", f.APIURL))
		}
	case "gitea":
		if !isURL(f.APIURL) {
			out = append(out, fmt.Sprintf("api_url %q: want https://HOST/api/v1/", f.APIURL))
		}
		if f.App.ID != 0 {
			out = append(out, "a Gitea knows no apps: make an account for the gate, and give its token by token_file")
		}
		if f.Content == ContentAPI {
			out = append(out, "content: of a Gitea it is always read by git; remove the key, or write git")
		}
	case "gitee", "gitcode":
		out = append(out, f.giteeFaults()...)
	default:
		out = append(out, fmt.Sprintf("forge kind %q: write github, gitea, gitee or gitcode", f.Kind))
	}
	if (f.WebhookMode != "" || f.Bots != nil) && f.Kind != "gitee" && f.Kind != "gitcode" {
		out = append(out, "webhook_mode and bots are of a Gitee or a GitCode; remove them")
	}
	return out
}

// giteeFaults are kindFaults of a Gitee or a GitCode.
func (f *Forge) giteeFaults() []string {
	var out []string
	if f.APIURL != "" && !isURL(f.APIURL) {
		out = append(out, fmt.Sprintf("api_url %q: want https://HOST/api/v5/", f.APIURL))
	}
	if f.App.ID != 0 {
		out = append(out, "there are no apps: make an account for the gate, and give its token by token_file")
	}
	if f.Content == ContentAPI {
		out = append(out, "content: it is always read by git; remove the key, or write git")
	}
	if !slices.Contains([]string{"", "signature", "password"}, f.WebhookMode) {
		out = append(out, fmt.Sprintf("webhook_mode %q: write signature or password", f.WebhookMode))
	}
	return out
}

// Path gives a path of the configuration relative to the working directory.
func (c *Config) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// Secret gives a secret from its value or its file, without white space around
// it. An empty one is an error.
func (c *Config) Secret(what, value, file string) (string, error) {
	if value == "" && file != "" {
		data, err := os.ReadFile(c.Path(file))
		if err != nil {
			return "", fmt.Errorf("read %s: %w", what, err)
		}
		value = string(data)
	}
	if value = strings.TrimSpace(value); value == "" {
		if file != "" {
			return "", fmt.Errorf("%s in %s is empty", what, file)
		}
		return "", errors.New(what + " is empty")
	}
	return value, nil
}
