package gitee

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// run is a check run. Who wrote it, and for which pull request, is kept and never told.
type run struct {
	id         int64
	repo       *fake.Repo
	head       plumbing.Hash
	pull       int64 // id of the pull request; 0: the commit's
	by         *fake.Account
	name       string
	status     fake.CheckStatus
	conclusion fake.Conclusion
	details    string
	started    time.Time
	completed  time.Time
	output     output
	actions    json.RawMessage
}

// output is what a check run says.
type output struct {
	Title       string            `json:"title"`
	Summary     string            `json:"summary"`
	Text        string            `json:"text"`
	Annotations []json.RawMessage `json:"annotations"`
	Images      []json.RawMessage `json:"images"`
}

// runInput is what a check run is written with; what is nil stays.
type runInput struct {
	Name        string            `json:"name"`
	Head        string            `json:"head_sha"`
	Pull        int64             `json:"pull_request_id"`
	Details     *string           `json:"details_url"`
	Status      *fake.CheckStatus `json:"status"`
	Conclusion  *fake.Conclusion  `json:"conclusion"`
	StartedAt   *time.Time        `json:"started_at"`
	CompletedAt *time.Time        `json:"completed_at"`
	Output      *output           `json:"output"`
	Actions     json.RawMessage   `json:"actions"`
}

var conclusions = []fake.Conclusion{
	fake.Neutral, fake.Success, fake.Failure, fake.Cancelled, fake.ActionRequired, fake.TimedOut, fake.Skipped, fake.Stale,
}

// check refuses what the description of check runs excludes.
func (in runInput) check() error {
	done := in.Status != nil && *in.Status == fake.Completed
	switch {
	case in.Status != nil && !slices.Contains([]fake.CheckStatus{fake.Queued, fake.InProgress, fake.Completed}, *in.Status):
		return rest.Refuse(http.StatusBadRequest, "status does not have a valid value")
	case in.Conclusion != nil && !slices.Contains(conclusions, *in.Conclusion):
		return rest.Refuse(http.StatusBadRequest, "conclusion does not have a valid value")
	case in.Conclusion == nil && done:
		return rest.Refuse(http.StatusBadRequest, "conclusion is missing")
	case in.Conclusion != nil && *in.Conclusion == fake.ActionRequired && in.Details == nil:
		return rest.Refuse(http.StatusBadRequest, "details_url is missing")
	}
	return nil
}

// apply changes a run.
func (r *run) apply(in runInput, now time.Time) {
	set(&r.details, in.Details)
	set(&r.status, in.Status)
	set(&r.started, in.StartedAt)
	set(&r.output, in.Output)
	if in.Actions != nil {
		r.actions = in.Actions
	}
	if in.Conclusion != nil {
		r.status, r.conclusion, r.completed = fake.Completed, *in.Conclusion, now
		set(&r.completed, in.CompletedAt)
	}
}

// set takes a value over where there is one.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Server) createRun(c *rest.Call) (any, error) {
	var in runInput
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	made, err := s.addRun(c.Repo, c.Who, in)
	if err != nil {
		return nil, err
	}
	return s.run(made), nil
}

// addRun makes a run of a commit, or of one of the repository's pull requests.
func (s *Server) addRun(r *fake.Repo, by *fake.Account, in runInput) (*run, error) {
	head, ok := plumbing.NewHash(in.Head), plumbing.IsHash(in.Head)
	if !ok || r.Objects.Commit(head) == nil {
		return nil, rest.Refuse(http.StatusBadRequest, "head_sha is invalid")
	}
	if in.Pull != 0 && !slices.ContainsFunc(r.Pulls, func(p *fake.PullRequest) bool { return p.ID == in.Pull }) {
		return nil, rest.Refuse(http.StatusNotFound, "404 Pull Request Not Found")
	}
	made := &run{id: s.NextID(), repo: r, head: head, pull: in.Pull, by: by, name: in.Name, status: fake.Queued, started: s.Now()}
	made.apply(in, s.Now())
	s.runs = append(s.runs, made)
	s.Listen(by, func() { s.tellRun(made, "created") })
	return made, nil
}

// WriteRun has somebody write a completed check run of a pull request's head, as another
// system than the gate may.
func (s *Server) WriteRun(p *fake.PullRequest, by, name string, conclusion fake.Conclusion) error {
	s.Lock()
	defer s.Unlock()
	a, err := s.FindAccount(by)
	if err != nil {
		return err
	}
	_, err = s.addRun(p.Repo(), a, runInput{Name: name, Head: p.HeadID.String(), Pull: p.ID, Conclusion: &conclusion})
	return err
}

// byID finds the run that a call's path names.
func (s *Server) byID(c *rest.Call) (*run, error) {
	id, err := c.PathNumber("id")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.runs, func(r *run) bool { return r.id == id && r.repo == c.Repo })
	if i < 0 {
		return nil, rest.Refuse(http.StatusNotFound, "404 Check Run Not Found")
	}
	return s.runs[i], nil
}

// updateRun changes a run. A completed one stays as it is.
func (s *Server) updateRun(c *rest.Call) (any, error) {
	was, err := s.byID(c)
	if err != nil {
		return nil, err
	}
	var in runInput
	if err := c.Decode(&in); err != nil {
		return nil, err
	}
	switch {
	case was.status == fake.Completed && s.Is(rest.FinalIgnored):
		return s.run(was), nil
	case was.status == fake.Completed:
		return nil, rest.Refuse(http.StatusBadRequest, "conclusion can not be changed")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if was.apply(in, s.Now()); was.status == fake.Completed {
		s.tellRun(was, "completed")
	}
	return s.run(was), nil
}

func (s *Server) getRun(c *rest.Call) (any, error) {
	found, err := s.byID(c)
	if err != nil {
		return nil, err
	}
	return s.run(found), nil
}

func (s *Server) listAnnotations(c *rest.Call) (any, error) {
	found, err := s.byID(c)
	if err != nil {
		return nil, err
	}
	return found.output.Annotations, nil
}

// of reports whether a run is one of a pull request, by the id of that; of 0 all are.
func (s *Server) of(r *run, pull int64) bool {
	return pull == 0 || r.pull == pull || s.Is(rest.TwinsShare)
}

// listRuns lists the runs of a commit, newest first; of each name and pull request only the
// newest, unless all are asked for.
func (s *Server) listRuns(c *rest.Call) (any, error) {
	head, ok := c.Repo.Resolve(c.R.PathValue("ref"))
	if !ok {
		return nil, rest.Refuse(http.StatusNotFound, "404 Commit Not Found")
	}
	var found []*run
	for _, r := range slices.Backward(s.runs) {
		newer := slices.ContainsFunc(found, func(o *run) bool { return o.name == r.name && s.of(o, r.pull) })
		name, status := c.Text("check_name"), c.Text("status")
		switch {
		case r.repo != c.Repo || r.head != head || !s.of(r, int64(c.Number("pull_request_id"))):
		case name != "" && name != r.name || status != "" && status != string(r.status):
		case newer && c.Text("filter") != "all":
		default:
			found = append(found, r)
		}
	}
	page, err := rest.Paged(c, found, s.run)
	if err != nil || s.Is(rest.BareRuns) {
		return page, err
	}
	return rest.Obj{"total_count": len(found), "check_runs": page}, nil
}

// run is a run as it is told: neither by whom nor for which pull request.
func (s *Server) run(r *run) rest.Obj {
	api := s.repoAPI(r.repo, "/check-runs/")
	return rest.Obj{
		"id": r.id, "head_sha": r.head.String(), "url": api, "html_url": s.web(r.repo, "/commit/"+r.head.String()), "details_url": r.details,
		"status": r.status, "conclusion": orNull(string(r.conclusion)), "started_at": rest.Stamp(r.started),
		"completed_at": rest.StampOr(r.completed, nil), "name": r.name,
		"output": rest.Obj{"title": r.output.Title, "summary": r.output.Summary, "text": r.output.Text,
			"annotations_count": len(r.output.Annotations)},
	}
}

// passedRun reports whether the newest run of a name for a pull request lets it merge.
func (s *Server) passedRun(p *fake.PullRequest, name string) bool {
	for _, r := range slices.Backward(s.runs) {
		if r.repo == p.Repo() && r.head == p.HeadID && r.name == name && (r.pull == 0 || s.of(r, p.ID)) {
			soft := r.conclusion == fake.Neutral || r.conclusion == fake.Skipped
			return r.conclusion == fake.Success || soft && !s.Is(rest.NeutralFails)
		}
	}
	return false
}

// Runs lists all check runs of a commit, oldest first; App is the login of who wrote each.
func (s *Server) Runs(commit string) []fake.CheckRun {
	s.Lock()
	defer s.Unlock()
	var out []fake.CheckRun
	for _, r := range s.runs {
		if r.head.String() == commit {
			out = append(out, fake.CheckRun{
				ID: r.id, Name: r.name, Head: commit, Status: r.status, Conclusion: r.conclusion, Title: r.output.Title, Summary: r.output.Summary,
				Text: r.output.Text, DetailsURL: r.details, Annotations: len(r.output.Annotations), App: r.by.Login,
			})
		}
	}
	return out
}
