package config

import (
	"cmp"
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Days is a span of whole days, written as 14d.
type Days int

// Duration gives the span.
func (d Days) Duration() time.Duration { return time.Duration(d) * 24 * time.Hour }

var days = regexp.MustCompile(`^([1-9][0-9]{0,3})d$`)

// UnmarshalText reads "14d".
func (d *Days) UnmarshalText(text []byte) error {
	return number(text, days, "number of days; write it as 14d", (*int)(d))
}

// UnmarshalYAML adds the line to what UnmarshalText says.
func (d *Days) UnmarshalYAML(n *yaml.Node) error { return atLine(n, d) }

// Percent is a whole number from 1 to 100, written as 25%.
type Percent int

var percent = regexp.MustCompile(`^(100|[1-9][0-9]?)%$`)

// UnmarshalText reads "25%".
func (p *Percent) UnmarshalText(text []byte) error {
	return number(text, percent, "share; write it as 25%", (*int)(p))
}

// UnmarshalYAML adds the line to what UnmarshalText says.
func (p *Percent) UnmarshalYAML(n *yaml.Node) error { return atLine(n, p) }

func atLine(n *yaml.Node, v encoding.TextUnmarshaler) error {
	if err := v.UnmarshalText([]byte(n.Value)); err != nil {
		return strictyaml.Errorf(n, "%v", err)
	}
	return nil
}

func number(text []byte, form *regexp.Regexp, want string, into *int) (err error) {
	m := form.FindSubmatch(text)
	if m == nil {
		return fmt.Errorf("%q is no %s", text, want)
	}
	*into, err = strconv.Atoi(string(m[1]))
	return err
}

// Keep is how long the service remembers what verdicts no longer need.
type Keep struct {
	// Deliveries is how long a delivery is known as one that came before; a
	// forge delivers again for three days at most. Default 14d.
	Deliveries Days `yaml:"deliveries" env:"DELIVERIES"`
	// Runs is how long evaluations can be replayed. Default 90d.
	Runs Days `yaml:"runs" env:"RUNS"`
	// Closed is how long a closed pull request is remembered after its last
	// change: its heads, check, comment and labels. Default 180d.
	Closed Days `yaml:"closed" env:"CLOSED"`
}

// Sweep is the search for what no event told of.
type Sweep struct {
	// Every is the time from one sweep to the next, 10s at the least. Default
	// 5m.
	Every time.Duration `yaml:"every" env:"EVERY"`
	// Share is how much of a forge's hourly limit sweeps use at the most.
	// Default 25%.
	Share Percent `yaml:"share" env:"SHARE"`
}

// Log is what the service tells on its standard error.
type Log struct {
	// Level is the least that is told: debug, info, warn or error. Default info.
	Level string `yaml:"level" env:"LEVEL"`
	// Format is json, or text for people. Default json.
	Format string `yaml:"format" env:"FORMAT"`
}

// logLevels are the words for Log.Level.
var logLevels = map[string]slog.Level{"debug": slog.LevelDebug, "": slog.LevelInfo, "info": slog.LevelInfo, "warn": slog.LevelWarn,
	"error": slog.LevelError}

// Logger returns the logger that is configured.
func (l Log) Logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: logLevels[l.Level]}
	if l.Format == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// faults are those of its words.
func (l Log) faults() (faults []string) {
	if _, known := logLevels[l.Level]; !known {
		faults = append(faults, fmt.Sprintf("log.level %q: write debug, info, warn or error", l.Level))
	}
	if !slices.Contains([]string{"", "json", "text"}, l.Format) {
		faults = append(faults, fmt.Sprintf("log.format %q: write json or text", l.Format))
	}
	return faults
}

// shortestSweep keeps a slip of the unit from sweeping all the time.
const shortestSweep = 10 * time.Second

// Reached is the address at which a program on this machine reaches what listens at one.
func Reached(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("listen: %w; write HOST:PORT, such as 127.0.0.1:8080", err)
	}
	switch host {
	case "", "0.0.0.0": // there may be no file of names
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}

// WithDefaults fills what is not set and has a default.
func (c Config) WithDefaults() Config {
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:8080")
	c.AdminListen = cmp.Or(c.AdminListen, "127.0.0.1:8081")
	c.Database = cmp.Or(c.Database, "sqlite:reviewgate.db")
	c.Keep.Deliveries = cmp.Or(c.Keep.Deliveries, 14)
	c.Keep.Runs = cmp.Or(c.Keep.Runs, 90)
	c.Keep.Closed = cmp.Or(c.Keep.Closed, 180)
	c.Sweep.Every = cmp.Or(c.Sweep.Every, 5*time.Minute)
	c.Sweep.Share = cmp.Or(c.Sweep.Share, 25)
	return c
}

// serviceFaults are the faults of Database, Keep, Sweep and Log.
func (c *Config) serviceFaults() (faults []string) {
	if _, err := c.database(); err != nil {
		faults = append(faults, err.Error())
	}
	if c.Keep.Deliveries < 3 {
		faults = append(faults, fmt.Sprintf("keep.deliveries %dd: forges deliver again for three days; want 3d or more", c.Keep.Deliveries))
	}
	if c.Sweep.Every < shortestSweep {
		faults = append(faults, fmt.Sprintf("sweep.every %s: want %s or more", c.Sweep.Every, shortestSweep))
	}
	return append(faults, c.Log.faults()...)
}

// Advise says what a valid configuration leaves open.
func (c *Config) Advise() []string {
	if len(c.Server.Override.Allowed) == 0 {
		return []string{"server.override names nobody: nobody may let in the pull request that mends a broken policy; it has to be merged " +
			"past the gate, or the default policy to hold"}
	}
	return nil
}

// Postgres tells whether the database is a Postgres server, which several
// replicas may share, and not an SQLite file.
func (c *Config) Postgres() bool {
	return strings.HasPrefix(c.Database, "postgres://") || strings.HasPrefix(c.Database, "postgresql://")
}

// DatabasePath is the path of the SQLite file.
func (c *Config) DatabasePath() string { return c.Path(strings.TrimPrefix(c.Database, "sqlite:")) }

// PostgresURL is the address of the Postgres database with its password, if one
// is configured.
func (c *Config) PostgresURL() (string, error) {
	u, err := c.database()
	if err != nil {
		return "", err
	}
	if c.DatabasePassword != "" || c.DatabasePasswordFile != "" {
		password, err := c.Secret("the database's password", c.DatabasePassword, c.DatabasePasswordFile)
		if err != nil {
			return "", err
		}
		u.User = url.UserPassword(u.User.Username(), password)
	}
	return u.String(), nil
}

// database reads the key of that name. Its errors hold no password.
func (c *Config) database() (*url.URL, error) {
	if path, ok := strings.CutPrefix(c.Database, "sqlite:"); ok && path != "" {
		return &url.URL{Scheme: "sqlite", Path: path}, nil
	}
	if !c.Postgres() {
		return nil, fmt.Errorf("database %q: want sqlite:PATH or postgres://USER@HOST:PORT/NAME", hidePassword(c.Database))
	}
	u, err := url.Parse(c.Database)
	if err != nil || u.Opaque != "" {
		return nil, fmt.Errorf("database: want postgres://USER@HOST:PORT/NAME; signs such as @ or # in a part are written as %%40 or %%23")
	}
	if _, own := u.User.Password(); own && (c.DatabasePassword != "" || c.DatabasePasswordFile != "") {
		return nil, fmt.Errorf("database has a password and database_password_file names one; keep the file")
	}
	return u, nil
}

var passwordText = regexp.MustCompile(`(://[^/@:]*):[^@]*@`)

// hidePassword takes the password out of what should be an address.
func hidePassword(address string) string { return passwordText.ReplaceAllString(address, "$1:…@") }

// CheckDatabase tells whether the key of that name can be read.
func (c *Config) CheckDatabase() error {
	_, err := c.database()
	return err
}
