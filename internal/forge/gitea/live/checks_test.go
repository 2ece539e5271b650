package live

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

type statusView struct {
	ID          int64     `json:"id"`
	Status      string    `json:"status"`
	Context     string    `json:"context"`
	Description string    `json:"description"`
	Creator     loginView `json:"creator"`
}

// statuses lists all statuses of a commit, oldest first.
func (w *world) statuses(commit string) ([]statusView, error) {
	var all []statusView
	for page := 1; ; page++ {
		var some []statusView
		err := w.as("root").get(fmt.Sprintf("repos/%s/commits/%s/statuses?limit=50&page=%d", slug, commit, page), &some)
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(some) == 0 {
			break
		}
	}
	slices.SortFunc(all, func(a, b statusView) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// CheckRuns implements forgetest.Checks: statuses, as checks.
func (w *world) CheckRuns(commit string) []fake.CheckRun {
	all, err := w.statuses(commit)
	if err != nil {
		return nil
	}
	var out []fake.CheckRun
	for _, s := range all {
		run := fake.CheckRun{ID: s.ID, Name: s.Context, Head: commit, Status: fake.Completed, Conclusion: fake.Success, Title: s.Description,
			App: s.Creator.Login}
		switch s.Status {
		case "pending":
			run.Status, run.Conclusion = fake.InProgress, ""
		case "failure", "error":
			run.Conclusion = fake.Failure
		}
		out = append(out, run)
	}
	return out
}

// SetStatus implements forgetest.Checks.
func (w *world) SetStatus(by, commit string, s fake.Status) error {
	body := map[string]string{"context": s.Context, "state": string(s.State), "description": s.Description, "target_url": s.TargetURL}
	return w.as(by).post("repos/"+slug+"/statuses/"+commit, body, nil)
}

// Require implements forgetest.Branches.
func (w *world) Require(branch string, checks ...fake.RequiredCheck) {
	path := "repos/" + slug + "/branch_protections"
	if err := w.as("root").call(http.MethodDelete, path+"/"+branch, nil, nil); err != nil && statusOf(err) != http.StatusNotFound {
		panic(err)
	}
	if len(checks) == 0 {
		return
	}
	var names []string
	for _, c := range checks {
		names = append(names, c.Name)
	}
	rule := map[string]any{"rule_name": branch, "enable_push": true, "enable_force_push": true, "enable_status_check": true,
		"status_check_contexts": names, "block_admin_merge_override": true}
	if err := w.as("root").post(path, rule, nil); err != nil {
		panic(err)
	}
}

// Passes implements forgetest.Branches as the server does: the latest status of the name
// decides, whoever wrote it, and a skipped one lets pass.
func (w *world) Passes(number int, check fake.RequiredCheck) (bool, error) {
	all, err := w.statuses(w.view(number).Head.SHA)
	last := ""
	for _, s := range all {
		if s.Context == check.Name {
			last = s.Status
		}
	}
	return last == "success" || last == "skipped", err
}

// Obstacle implements forgetest.Branches.
func (w *world) Obstacle(number int, checks ...fake.RequiredCheck) (string, error) {
	p := w.view(number)
	if p.State != "open" {
		return "it is closed", nil
	}
	for _, c := range checks {
		if passes, err := w.Passes(number, c); err != nil || !passes {
			return "check " + c.Name, err
		}
	}
	return "", nil
}
