package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// NamedRepos reads the repositories that somebody asked for by --repo: OWNER/NAME, behind a
// forge's name and a colon where several are configured.
func (c *Config) NamedRepos(named []string) ([]pull.Repo, error) {
	var out []pull.Repo
	for _, name := range named {
		of, slug, ok := strings.Cut(name, ":")
		if !ok {
			if len(c.Forges) != 1 {
				return nil, fmt.Errorf("--repo %s: several forges are configured; write FORGE:%s", name, name)
			}
			of, slug = c.Forges[0].Name, name
		}
		if !slices.ContainsFunc(c.Forges, func(fc Forge) bool { return fc.Name == of }) {
			return nil, fmt.Errorf("--repo %s: no forge %q is configured", name, of)
		}
		repo, err := pull.ParseRepo(of, slug)
		if err != nil {
			return nil, fmt.Errorf("--repo: %w", err)
		}
		out = append(out, repo)
	}
	return out, nil
}
