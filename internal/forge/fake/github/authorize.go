package github

import (
	"net/http"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// authorize finds the repository of a call's path and checks what the caller
// may do. What the caller may not even see is not found.
func (c *call) authorize(rt route) error {
	reading := c.r.Method == http.MethodGet
	switch {
	case rt.who == byApp:
		if !c.who.app {
			return &failure{status: http.StatusUnauthorized, message: "A JSON web token could not be decoded"}
		}
		return c.findRepo()
	case c.who.app:
		return &failure{status: http.StatusUnauthorized, message: "Bad credentials"}
	case c.who.account == nil && (!reading || rt.who == byAnyone):
		return &failure{status: http.StatusUnauthorized, message: "Requires authentication"}
	case rt.who == byToken && c.who.install == nil:
		return forbidden("You must authenticate with an installation access token in order to list repositories for an installation.")
	}
	if err := c.findRepo(); err != nil {
		return err
	}
	if c.repo == nil {
		return c.granted(rt.needs)
	}
	if !reading && c.repo.Archived {
		return forbidden("Repository was archived so is read-only.")
	}
	if c.who.install != nil {
		return c.authorizeApp(rt, reading)
	}
	lvl := c.repo.Access(c.who.account)
	switch {
	case lvl < fake.Read:
		return notFound()
	case rt.who == byTokenOnly:
		return forbidden("You must authenticate via a GitHub App.")
	case lvl < rt.level:
		return forbidden("Must have " + rt.level.String() + " access to Repository.")
	}
	return nil
}

// authorizeApp checks an installation's rights: its permissions in the
// repositories that it covers, reading in public ones elsewhere.
func (c *call) authorizeApp(rt route, reading bool) error {
	if c.who.install.covers(c.repo) {
		return c.granted(rt.needs)
	}
	switch {
	case c.repo.Private:
		return notFound()
	case !reading:
		return forbidden("Resource not accessible by integration")
	}
	return nil
}

// granted checks an installation's permissions; "issues|pull_requests:write"
// is satisfied by either.
func (c *call) granted(needs string) error {
	if c.who.install == nil || needs == "" {
		return nil
	}
	names, access, _ := strings.Cut(needs, ":")
	for name := range strings.SplitSeq(names, "|") {
		has := c.permission(name)
		if has == access || has == "write" || has == "admin" || (name == "metadata" && access == "read") {
			return nil
		}
	}
	c.header.Set("X-Accepted-Github-Permissions", strings.ReplaceAll(strings.ReplaceAll(needs, ":", "="), "|", "; "))
	return forbidden("Resource not accessible by integration")
}

func (c *call) findRepo() error {
	owner, name := c.r.PathValue("owner"), c.r.PathValue("repo")
	if name == "" {
		return nil
	}
	if c.repo = c.s.FindRepo(owner, name); c.repo != nil {
		return nil
	}
	if to := c.s.Formerly(owner, name); to != nil {
		return c.moved(to)
	}
	return notFound()
}

// moved answers a call on a former name: the REST API sends the caller on.
func (c *call) moved(r *fake.Repo) error {
	rest := c.r.URL.EscapedPath()[len("/repos/"+c.r.PathValue("owner")+"/"+c.r.PathValue("repo")):]
	query := ""
	if c.r.URL.RawQuery != "" {
		query = "?" + c.r.URL.RawQuery
	}
	c.header.Set("Location", c.s.link("/repos/%s%s%s", r.FullName(), rest, query))
	return &failure{status: http.StatusMovedPermanently, message: "Moved Permanently"}
}

// mayEdit refuses unless the caller is the pull request's author or may write.
func (c *call) mayEdit(p *fake.PullRequest) error {
	if c.who.install != nil || c.who.account == p.Author || c.repo.Access(c.who.account) >= fake.Write {
		return nil
	}
	return forbidden("Must have write access to Repository.")
}

// visible lists the repositories that an installation's token can reach.
func (c *call) visible() []*fake.Repo {
	return slices.DeleteFunc(slices.Clone(c.s.Repos), func(r *fake.Repo) bool { return !c.who.install.covers(r) })
}
