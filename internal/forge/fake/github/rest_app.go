package github

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

func getApp(c *call) (any, error) {
	out := c.s.appJSON()
	out["installations_count"] = len(c.s.installed)
	return out, nil
}

func listInstallations(c *call) (any, error) {
	return paged(c, c.s.installed, c.s.installationJSON), nil
}

func (c *call) installation() (*installation, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	for _, i := range c.s.installed {
		if i.id == id {
			return i, nil
		}
	}
	return nil, notFound()
}

func getInstallation(c *call) (any, error) {
	i, err := c.installation()
	if err != nil {
		return nil, err
	}
	return c.s.installationJSON(i), nil
}

func getRepoInstallation(c *call) (any, error) {
	i := c.s.installationOf(c.repo)
	if i == nil {
		return nil, notFound()
	}
	return c.s.installationJSON(i), nil
}

func getAccountInstallation(c *call) (any, error) {
	for _, i := range c.s.installed {
		if strings.EqualFold(i.account.Login, c.r.PathValue("org")) {
			return c.s.installationJSON(i), nil
		}
	}
	return nil, notFound()
}

func createToken(c *call) (any, error) {
	i, err := c.installation()
	if err != nil {
		return nil, err
	}
	if i.suspended {
		return nil, errSuspended()
	}
	token, expires := c.s.issue(i)
	return c.created(obj{
		"token": token, "expires_at": stamp(expires), "permissions": i.permissions(c.s),
		"repository_selection": i.selection(),
	}, nil)
}

func listInstallationRepos(c *call) (any, error) {
	repos := c.visible()
	list := paged(c, repos, func(r *fake.Repo) obj { return c.s.repoJSON(r) })
	return obj{
		"total_count": len(repos), "repository_selection": c.who.install.selection(), "repositories": list,
	}, nil
}

func getHookConfig(c *call) (any, error) {
	return c.s.hookJSON(), nil
}

// listDeliveries lists the newest first. The cursor is the id of the last
// delivery of the page before.
func listDeliveries(c *call) (any, error) {
	_, size := c.page()
	before, _ := strconv.ParseInt(c.r.URL.Query().Get("cursor"), 10, 64)
	wanted := c.r.URL.Query().Get("status")
	out := []any{}
	for _, d := range slices.Backward(c.s.hooks.Sent()) {
		failed := d.status < 200 || d.status > 299
		if before != 0 && d.id >= before || wanted == "success" && failed || wanted == "failure" && !failed {
			continue
		}
		if len(out) == size {
			q := c.r.URL.Query()
			q.Set("cursor", strconv.FormatInt(out[size-1].(obj)["id"].(int64), 10))
			c.header.Set("Link", "<"+c.s.link("/app/hook/deliveries")+"?"+q.Encode()+`>; rel="next"`)
			break
		}
		out = append(out, d.json())
	}
	return out, nil
}

func getDelivery(c *call) (any, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	d := c.s.delivered(id)
	if d == nil {
		return nil, notFound()
	}
	return d.fullJSON(), nil
}

func redeliver(c *call) (any, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	if !c.s.redeliver(id) {
		return nil, notFound()
	}
	c.status = http.StatusAccepted
	return obj{}, nil
}
