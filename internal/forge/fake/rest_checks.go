package fake

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing/object"
)

func createCheckRun(c *call) (any, error) {
	in, err := c.checkInput()
	if err != nil {
		return nil, err
	}
	run, err := c.repo.createCheck(in, c.checkApp())
	if err != nil {
		return nil, err
	}
	return c.created(run.json(), nil)
}

func (c *call) checkInput() (in checkInput, err error) {
	if err := c.decode(&in); err != nil {
		return in, err
	}
	return in, nullConclusion(c.body)
}

func (c *call) checkRun() (*checkRun, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	for _, run := range c.repo.checks {
		if run.id == id && (c.r.Method == http.MethodGet || run.suite.app == c.checkApp()) {
			return run, nil
		}
	}
	return nil, notFound()
}

func getCheckRun(c *call) (any, error) {
	run, err := c.checkRun()
	if err != nil {
		return nil, err
	}
	return run.json(), nil
}

func updateCheckRun(c *call) (any, error) {
	run, err := c.checkRun()
	if err != nil {
		return nil, err
	}
	in, err := c.checkInput()
	if err != nil {
		return nil, err
	}
	if err := run.change(in); err != nil {
		return nil, err
	}
	return run.json(), nil
}

func rerequestRun(c *call) (any, error) {
	run, err := c.checkRun()
	if err != nil {
		return nil, err
	}
	run.suite.rerequest()
	c.f.emitRerequest("check_run", run.repo, run.eventJSON(), c.who.account)
	return c.created(obj{}, nil)
}

func rerequestSuite(c *call) (any, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	for _, s := range c.repo.suites {
		if s.id == id {
			s.rerequest()
			c.f.emitRerequest("check_suite", s.repo, s.json(), c.who.account)
			return c.created(obj{}, nil)
		}
	}
	return nil, notFound()
}

// listCheckRuns lists the newest run of each name and suite, or with filter=all
// each run.
func listCheckRuns(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	q := c.r.URL.Query()
	runs := c.repo.latestChecks(o.Hash)
	if q.Get("filter") == "all" {
		runs = slices.Clone(c.repo.checks)
		slices.Reverse(runs)
	}
	runs = slices.DeleteFunc(runs, func(run *checkRun) bool {
		return run.head != o.Hash ||
			q.Get("app_id") != "" && q.Get("app_id") != strconv.FormatInt(run.suite.appID(), 10) ||
			q.Get("check_name") != "" && run.name != q.Get("check_name") ||
			q.Get("status") != "" && run.status != q.Get("status")
	})
	return obj{"total_count": len(runs), "check_runs": paged(c, runs, (*checkRun).json)}, nil
}

func listCheckSuites(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	suites := slices.DeleteFunc(slices.Clone(c.repo.suites), func(s *checkSuite) bool { return s.head != o.Hash })
	return obj{"total_count": len(suites), "check_suites": paged(c, suites, (*checkSuite).json)}, nil
}

func createStatus(c *call) (any, error) {
	id, ok := c.repo.byID(c.r.PathValue("sha"))
	if !ok {
		return nil, &failure{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + c.r.PathValue("sha")}
	}
	var in statusInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s, err := c.repo.createStatus(id, in, c.who.account)
	if err != nil {
		return nil, err
	}
	return c.created(s.fullJSON(), nil)
}

func listStatuses(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(c.repo.statuses), func(s *status) bool { return s.head != o.Hash })
	slices.Reverse(list)
	return paged(c, list, (*status).fullJSON), nil
}

func combinedStatus(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	latest := c.repo.latestStatuses(o.Hash)
	return obj{
		"state": combined(latest), "statuses": paged(c, latest, (*status).json), "sha": o.Hash.String(),
		"total_count": len(latest), "repository": c.repo.minimalJSON(),
		"commit_url": c.repo.url("/commits/%s", o.Hash), "url": c.repo.url("/commits/%s/status", o.Hash),
	}, nil
}

// combined sums up statuses: failure before pending before success, and
// pending where there is none.
func combined(latest []*status) string {
	has := func(states ...string) bool {
		return slices.ContainsFunc(latest, func(s *status) bool { return slices.Contains(states, s.state) })
	}
	switch {
	case has("failure", "error"):
		return "failure"
	case has("pending") || len(latest) == 0:
		return "pending"
	}
	return "success"
}

func listCommitPulls(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	// A commit that is only in a fork has none (TooTallNate/nx.js#410).
	here := c.f.opts.Behaviour.ForkCommitPulls || c.repo.known("")[o.Hash]
	var pulls []*PullRequest
	for _, p := range c.repo.pulls {
		if !here && p.headRepo != c.repo {
			continue
		}
		holds := slices.ContainsFunc(p.commits(), func(x *object.Commit) bool { return x.Hash == o.Hash })
		if holds || p.mergeID == o.Hash {
			pulls = append(pulls, p)
		}
	}
	return paged(c, pulls, (*PullRequest).simpleJSON), nil
}
