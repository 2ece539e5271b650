package gitea

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// The shapes of the answers, of which the gate reads a part.

type userAnswer struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
}

// person reads a user. All deleted accounts are one user of a negative number, and
// actions of the server's own another; neither is anybody.
func (u *userAnswer) person() pull.Person {
	if u == nil || u.ID <= 0 {
		return pull.Person{}
	}
	return pull.Person{Login: u.Login, ID: u.ID}
}

type teamAnswer struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type repoAnswer struct {
	ID            int64  `json:"id"`
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
	Archived      bool   `json:"archived"`
	Empty         bool   `json:"empty"`
}

type branchAnswer struct {
	Ref    string      `json:"ref"`
	SHA    string      `json:"sha"`
	RepoID int64       `json:"repo_id"`
	Repo   *repoAnswer `json:"repo"`
}

type pullAnswer struct {
	Number         int           `json:"number"`
	Title          string        `json:"title"`
	HTMLURL        string        `json:"html_url"`
	User           *userAnswer   `json:"user"`
	State          string        `json:"state"`
	Draft          bool          `json:"draft"`
	Merged         bool          `json:"merged"`
	MergeCommitSHA string        `json:"merge_commit_sha"`
	Base           branchAnswer  `json:"base"`
	Head           branchAnswer  `json:"head"`
	Labels         []labelAnswer `json:"labels"`
	Assignees      []userAnswer  `json:"assignees"`
	CreatedAt      time.Time     `json:"created_at"`
	UpdatedAt      time.Time     `json:"updated_at"`
}

// whole returns an error unless all of what moves is told.
func (p *pullAnswer) whole(number int) error {
	known := p.State == "open" || p.State == "closed"
	return forge.RequireField(p.Number == number && known && p.Head.SHA != "" && p.Base.Ref != "" && p.Base.Repo != nil,
		"the pull request's number, state, head or base")
}

// headBranch is the branch of the repository itself that a pull request comes from; empty
// for a fork, for one that was deleted, and for what was pushed without a branch (AGit).
func (p *pullAnswer) headBranch() string {
	if p.Head.Repo == nil || p.Head.RepoID != p.Base.RepoID || strings.HasPrefix(p.Head.Ref, "refs/") {
		return ""
	}
	return p.Head.Ref
}

// commitAnswer is a commit with the accounts that its addresses belong to.
type commitAnswer struct {
	Author    *userAnswer `json:"author"`
	Committer *userAnswer `json:"committer"`
	Commit    struct {
		Author    addressAnswer `json:"author"`
		Committer addressAnswer `json:"committer"`
	} `json:"commit"`
}

type addressAnswer struct {
	Email string `json:"email"`
}

// tell adds whose addresses a commit names, by address in lower case.
func (a commitAnswer) tell(accounts map[string]pull.Person) {
	add := func(u *userAnswer, address string) {
		if who := u.person(); who.Login != "" && address != "" {
			accounts[strings.ToLower(address)] = who
		}
	}
	add(a.Author, a.Commit.Author.Email)
	add(a.Committer, a.Commit.Committer.Email)
}

type labelAnswer struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type reviewAnswer struct {
	ID          int64       `json:"id"`
	User        *userAnswer `json:"user"`
	Team        *teamAnswer `json:"team"`
	State       string      `json:"state"`
	Body        commands    `json:"body"`
	CommitID    string      `json:"commit_id"`
	Official    bool        `json:"official"`
	Remarks     int         `json:"comments_count"` // on lines
	Dismissed   bool        `json:"dismissed"`
	SubmittedAt time.Time   `json:"submitted_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
	HTMLURL     string      `json:"html_url"`
}

// asks is the state of a review that nobody gave: somebody is asked for one.
const asks = "REQUEST_REVIEW"

// states are Gitea's words for what a review says. A draft is shown to its author only.
var states = map[string]pull.ReviewState{
	"APPROVED": pull.Approved, "REQUEST_CHANGES": pull.ChangesRequested, "COMMENT": pull.Commented, "PENDING": pull.Pending,
}

// review reads a review as it was given. official is what Gitea itself goes by: its author
// could write when giving it, or, where a branch has a list of who may approve, is on that. Of
// one that was dismissed it is no longer told; so that it is false says of a request for
// changes nothing certain. A commit is what its author named: what is no id of one names none.
// A review's text stays as it was given; that it changed later than it was submitted is said of
// each that was begun as a draft.
func (a reviewAnswer) review() pull.Review {
	commit := a.CommitID
	if !pull.IsID(commit) {
		commit = ""
	}
	return pull.Review{
		ID: a.ID, Author: a.User.person(), State: states[a.State], Commit: commit, At: a.SubmittedAt, Body: string(a.Body),
		Node:     anchor(a.HTMLURL),
		CanWrite: a.Official, WriteUnknown: !a.Official && (a.Dismissed || a.State == "COMMENT" || a.State == "REQUEST_CHANGES"),
	}
}

// anchor is the number of the comment that an address points at, which reactions go by.
func anchor(address string) string {
	_, id, _ := strings.Cut(path.Base(address), "#issuecomment-")
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return ""
	}
	return id
}

type commentAnswer struct {
	ID        int64       `json:"id"`
	User      *userAnswer `json:"user"`
	Body      string      `json:"body"`
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
}

// comment reads a comment. Whoever may write to the repository can edit it, and nothing
// tells who did; an edit within the second in which it was written does not show.
func (a commentAnswer) comment() pull.Comment {
	c := pull.Comment{
		ID: a.ID, Node: strconv.FormatInt(a.ID, 10), Author: a.User.person(), Body: a.Body, At: a.CreatedAt,
		Edited: a.UpdatedAt.After(a.CreatedAt),
	}
	if c.Edited {
		c.EditedAt = a.UpdatedAt
	}
	return c
}

// rowAnswer is one row of a pull request's timeline.
type rowAnswer struct {
	ID              int64       `json:"id"`
	Type            string      `json:"type"`
	User            *userAnswer `json:"user"`
	Body            string      `json:"body"`
	CreatedAt       time.Time   `json:"created_at"`
	ReviewID        int64       `json:"review_id"`
	OldRef          string      `json:"old_ref"`
	Assignee        *userAnswer `json:"assignee"`
	AssigneeTeam    *teamAnswer `json:"assignee_team"`
	RemovedAssignee bool        `json:"removed_assignee"`
}

// UnmarshalJSON implements json.Unmarshaler. What people wrote is left out: it is read
// elsewhere, and there may be much of it.
func (r *rowAnswer) UnmarshalJSON(data []byte) error {
	type plain rowAnswer
	err := json.Unmarshal(data, (*plain)(r))
	if r.Type != "pull_push" && r.Type != "dismiss_review" {
		r.Body = ""
	}
	return err
}

// pushed reads the row of a push: whether it was forced, and the commits, before and
// after then.
func (r rowAnswer) pushed() (forced bool, commits []string, err error) {
	var told struct {
		Forced  bool     `json:"is_force_push"`
		Commits []string `json:"commit_ids"`
	}
	err = json.Unmarshal([]byte(r.Body), &told)
	return told.Forced, told.Commits, err
}

// tell adds what a row says to a pull request.
func (r rowAnswer) tell(req *pull.Request) {
	switch r.Type {
	case "change_target_branch":
		before := pull.Tip{Branch: r.OldRef}
		req.BaseMoves = append(req.BaseMoves, pull.BaseMove{At: r.CreatedAt, Kind: pull.Retargeted, Before: before})
	case "reopen":
		req.BaseMoves = append(req.BaseMoves, pull.BaseMove{At: r.CreatedAt, Kind: pull.Reopened})
	case "pull_push":
		if forced, commits, err := r.pushed(); err == nil && forced && len(commits) == 2 {
			req.HeadMoves = append(req.HeadMoves, pull.HeadMove{Before: commits[0], After: commits[1], At: r.CreatedAt})
		}
	case "review_request":
		ask := pull.ReviewRequest{At: r.CreatedAt, Removed: r.RemovedAssignee}
		switch {
		case r.AssigneeTeam != nil && r.AssigneeTeam.Name != "":
			ask.Who = teamName(req.Ref.Repo, r.AssigneeTeam)
		case r.Assignee != nil:
			ask.Who = r.Assignee.person().Login
		}
		if ask.Who != "" {
			req.ReviewRequests = append(req.ReviewRequests, ask)
		}
	}
}

// teamName is "@organisation/name": the teams of others can't be asked.
func teamName(repo pull.Repo, t *teamAnswer) string { return "@" + repo.Owner + "/" + t.Name }

// dismiss tells of a review that does not stand any more by whom. A newer verdict of the
// same person takes the older one's place without a row, and is no dismissal: the rule goes
// by the newest anyway. If that was dismissed in turn, all before it were, too: an
// administrator can have a whole row of them dismissed, of which one has a row. Without
// either, nobody is known to have done it. What the server does at a push, when a branch
// rule says so, has a row, too, that names who pushed.
func dismiss(v *pull.Review, all []reviewAnswer, rows []rowAnswer) {
	row := func(id int64) int {
		return slices.IndexFunc(rows, func(r rowAnswer) bool { return r.Type == "dismiss_review" && r.ReviewID == id })
	}
	last := v.ID
	for _, o := range all {
		if o.replaces(v) && o.ID > last {
			last = o.ID
		}
	}
	if last != v.ID && row(v.ID) < 0 && slices.ContainsFunc(all, func(o reviewAnswer) bool { return o.ID == last && !o.Dismissed }) {
		return
	}
	v.DismissedState, v.State = v.State, pull.Dismissed
	for _, id := range []int64{v.ID, last} {
		if i := row(id); i >= 0 {
			v.DismissedBy, v.DismissedByForge = rows[i].User.person(), byServer(rows[i], rows)
			return
		}
	}
}

// replaces reports whether a review is a newer verdict of the same person.
func (a reviewAnswer) replaces(v *pull.Review) bool {
	return a.ID > v.ID && a.User.person().Is(v.Author) && (a.State == "APPROVED" || a.State == "REQUEST_CHANGES")
}

// serversWords are what the row of a dismissal says that the server did by itself
// (options/locale, "repo.pulls.new_commits_dismissed"). It says it in the language of
// who pushed; in another one it is taken for that person's act, and does not count.
const serversWords = "New commits pushed, approval review dismissed automatically according to repository settings"

// byServer reports whether a dismissal is the server's own: in its words, at a push of the
// same person.
func byServer(r rowAnswer, rows []rowAnswer) bool {
	return strings.TrimSpace(r.Body) == serversWords && slices.ContainsFunc(rows, func(o rowAnswer) bool {
		return o.Type == "pull_push" && o.User.person().Is(r.User.person()) && o.CreatedAt.Sub(r.CreatedAt).Abs() < time.Minute
	})
}
