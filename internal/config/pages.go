package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Who may see pages.
const (
	PagesPublic = "public" // everybody, those of public repositories
	PagesOff    = "off"
)

// OAuth is the gate's registration as an application of a forge, by which people sign in: that
// of the GitHub App itself, or one that is made in the settings of an account.
type OAuth struct {
	// ClientID is the number or text that the forge calls the registration by.
	ClientID string `yaml:"client_id" env:"CLIENT_ID"`
	// ClientSecretFile holds the secret that the forge gave for it.
	ClientSecretFile string `yaml:"client_secret_file" env:"CLIENT_SECRET_FILE"`
	// ClientSecret is the secret itself; from the environment only.
	ClientSecret string `yaml:"-" env:"CLIENT_SECRET"`
}

// UnmarshalYAML refuses unknown keys.
func (o *OAuth) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return strictyaml.Errorf(n, "want a registration, such as {client_id: Iv1.12, client_secret_file: client-secret}")
	}
	type plain OAuth
	return strictyaml.Decode(n, (*plain)(o))
}

// Set reports whether people sign in by it.
func (o OAuth) Set() bool { return o.ClientID != "" }

func (o OAuth) faults() []string {
	if hasSecret := o.ClientSecretFile != "" || o.ClientSecret != ""; o.Set() != hasSecret {
		return []string{"oauth needs both client_id and client_secret_file"}
	}
	return nil
}

// pageFaults are the faults of what pages need. listed reports whether all forges are known.
func (c *Config) pageFaults(listed bool) (faults []string) {
	if !slices.Contains([]string{"", PagesPublic, PagesOff}, c.Pages) {
		faults = append(faults, fmt.Sprintf("pages %q: want public or off", c.Pages))
	}
	for _, f := range c.Forges {
		switch {
		case f.OAuth.Set() && c.PublicURL == "":
			faults = append(faults, fmt.Sprintf("oauth of %s needs public_url: the forge sends people back there", f.Name))
		case f.OAuth.Set() && c.Pages == PagesOff:
			faults = append(faults, fmt.Sprintf("oauth of %s lets people sign in to pages, and pages are off; remove one of them", f.Name))
		}
	}
	for _, admin := range c.Admins {
		forge, login, ok := strings.Cut(admin, ":")
		i := slices.IndexFunc(c.Forges, func(f Forge) bool { return f.Name == forge })
		switch {
		case !ok || forge == "" || login == "" || login[0] == '@' && !teamName.MatchString(login):
			faults = append(faults, fmt.Sprintf("admins %q: write FORGE:LOGIN, such as github:alice, or FORGE:@ORGANISATION/TEAM", admin))
		case i < 0 && listed:
			faults = append(faults, fmt.Sprintf("admins %q: no forge %q is configured", admin, forge))
		case i >= 0 && !c.Forges[i].OAuth.Set():
			faults = append(faults, fmt.Sprintf("admins %q: nobody can sign in by %s; give it oauth", admin, forge))
		case i >= 0 && login[0] == '@' && slices.Contains(teamless, c.Forges[i].Kind):
			faults = append(faults, fmt.Sprintf("admins %q: %s has no teams; name its people", admin, forge))
		}
	}
	return faults
}

// teamless are the kinds of forges that have no teams.
var teamless = []string{"gitee", "gitcode"}

// teamName is how a team is named among admins.
var teamName = regexp.MustCompile(`^@[^@/\s]+/[^@/\s]+$`)

// AdminTeams are the teams among the admins: the forge, and organisation/slug.
func (c *Config) AdminTeams() (teams [][2]string) {
	for _, a := range c.Admins {
		if forge, name, _ := strings.Cut(a, ":"); teamName.MatchString(name) {
			teams = append(teams, [2]string{forge, name[1:]})
		}
	}
	return teams
}

// IsAdmin reports whether somebody who signed in by a forge is among the admins by name.
func (c *Config) IsAdmin(forge, login string) bool {
	return slices.ContainsFunc(c.Admins, func(a string) bool {
		of, name, _ := strings.Cut(a, ":")
		return of == forge && login != "" && strings.EqualFold(name, login)
	})
}
