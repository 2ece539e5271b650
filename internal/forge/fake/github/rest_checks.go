package github

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

func createCheckRun(c *call) (any, error) {
	in, err := c.checkInput()
	if err != nil {
		return nil, err
	}
	run, err := c.s.createCheck(c.repo, in, c.checkApp())
	if err != nil {
		return nil, err
	}
	return c.created(c.s.checkJSON(run), nil)
}

func (c *call) checkInput() (in checkInput, err error) {
	if err := c.decode(&in); err != nil {
		return in, err
	}
	return in, nullConclusion(c.body)
}

func (c *call) checkRun() (*fake.CheckRecord, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	for _, run := range c.repo.Checks {
		if run.ID == id && (c.r.Method == http.MethodGet || run.Suite.App == c.checkApp()) {
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
	return c.s.checkJSON(run), nil
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
	if err := c.s.changeCheck(run, in); err != nil {
		return nil, err
	}
	return c.s.checkJSON(run), nil
}

func rerequestRun(c *call) (any, error) {
	run, err := c.checkRun()
	if err != nil {
		return nil, err
	}
	c.who.account.Rerequest(run)
	return c.created(obj{}, nil)
}

func rerequestSuite(c *call) (any, error) {
	id, err := c.number("id")
	if err != nil {
		return nil, err
	}
	for _, s := range c.repo.Suites {
		if s.ID == id {
			c.who.account.RerequestAll(s)
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
	runs := c.repo.LatestChecks(o.Hash)
	if q.Get("filter") == "all" {
		runs = slices.Clone(c.repo.Checks)
		slices.Reverse(runs)
	}
	runs = slices.DeleteFunc(runs, func(run *fake.CheckRecord) bool {
		return run.Head != o.Hash ||
			q.Get("app_id") != "" && q.Get("app_id") != strconv.FormatInt(c.s.appID(run.Suite), 10) ||
			q.Get("check_name") != "" && run.Name != q.Get("check_name") ||
			q.Get("status") != "" && checkStatuses().say(run.Status) != q.Get("status")
	})
	return obj{"total_count": len(runs), "check_runs": paged(c, runs, c.s.checkJSON)}, nil
}

func listCheckSuites(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	suites := slices.DeleteFunc(slices.Clone(c.repo.Suites), func(s *fake.Suite) bool { return s.Head != o.Hash })
	return obj{"total_count": len(suites), "check_suites": paged(c, suites, c.s.suiteJSON)}, nil
}

func createStatus(c *call) (any, error) {
	id, ok := c.repo.CommitID(c.r.PathValue("sha"))
	if !ok {
		return nil, noCommit(c.r.PathValue("sha"))
	}
	var in statusInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s, err := c.s.createStatus(c.repo, id, in, c.who.account)
	if err != nil {
		return nil, err
	}
	return c.created(c.s.fullStatusJSON(s), nil)
}

func listStatuses(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(c.repo.StatusList), func(s *fake.StatusRecord) bool { return s.Head != o.Hash })
	slices.Reverse(list)
	return paged(c, list, c.s.fullStatusJSON), nil
}

func combinedStatus(c *call) (any, error) {
	o, err := c.commit(c.r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	latest := c.repo.LatestStatuses(o.Hash)
	return obj{
		"state": combined(latest), "statuses": paged(c, latest, c.s.statusJSON), "sha": o.Hash.String(),
		"total_count": len(latest), "repository": c.s.minimalRepoJSON(c.repo),
		"commit_url": c.s.repoURL(c.repo, "/commits/%s", o.Hash), "url": c.s.repoURL(c.repo, "/commits/%s/status", o.Hash),
	}, nil
}

// combined sums up statuses: failure before pending before success, and
// pending where there is none.
func combined(latest []*fake.StatusRecord) string {
	has := func(states ...fake.StatusState) bool {
		return slices.ContainsFunc(latest, func(s *fake.StatusRecord) bool { return slices.Contains(states, s.State) })
	}
	switch {
	case has(fake.StatusFailure, fake.StatusError):
		return "failure"
	case has(fake.StatusPending) || len(latest) == 0:
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
	here := c.s.behaviour.ForkCommitPulls || known(c.repo, "")[o.Hash]
	var pulls []*fake.PullRequest
	for _, p := range c.repo.Pulls {
		if !here && p.HeadRepo != c.repo {
			continue
		}
		holds := slices.ContainsFunc(p.Commits(), func(x *object.Commit) bool { return x.Hash == o.Hash })
		if holds || p.MergeID == o.Hash {
			pulls = append(pulls, p)
		}
	}
	return paged(c, pulls, c.s.simplePullJSON), nil
}
