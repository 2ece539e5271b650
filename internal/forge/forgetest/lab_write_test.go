package forgetest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// labMail is the address that the lab itself commits by.
const labMail = "merge@lab.example"

// SetCheck implements seam.Publisher: a status, of which the first line is the title.
func (l *lab) SetCheck(_ context.Context, _ pull.Ref, c publish.Check, _ seam.Written) (string, error) {
	l.Lock()
	defer l.Unlock()
	s, err := l.bot.PostStatus(l.repo, plumbing.NewHash(c.Head),
		fake.Status{Context: c.Name, State: fake.StatusState(c.Outcome), Description: c.Title + "\n" + c.Summary})
	if err != nil {
		return "", fmt.Errorf("%w: %w", pull.ErrRefused, err)
	}
	return node(s.ID), nil
}

// RequestReviewers implements seam.Publisher.
func (l *lab) RequestReviewers(_ context.Context, ref pull.Ref, names []string) (asked, refused []string, err error) {
	err = l.on(ref, func(p *fake.PullRequest) error {
		for _, name := range names {
			people, teams := peopleAndTeams(name)
			if l.bot.Request(p, people, teams) != nil {
				refused = append(refused, name)
			} else {
				asked = append(asked, name)
			}
		}
		return nil
	})
	return asked, refused, err
}

// UnrequestReviewers implements seam.Publisher.
func (l *lab) UnrequestReviewers(_ context.Context, ref pull.Ref, names []string) error {
	return l.on(ref, func(p *fake.PullRequest) error {
		for _, name := range names {
			people, teams := peopleAndTeams(name)
			l.bot.Unrequest(p, people, teams)
		}
		return nil
	})
}

// peopleAndTeams tells a person from a team.
func peopleAndTeams(name string) (people, teams []string) {
	if team, ok := strings.CutPrefix(name, "@"); ok {
		return nil, []string{team[strings.LastIndex(team, "/")+1:]}
	}
	return []string{name}, nil
}

// UpsertComment implements seam.Publisher.
func (l *lab) UpsertComment(_ context.Context, ref pull.Ref, body, id string, search bool) (string, error) {
	err := l.on(ref, func(p *fake.PullRequest) error {
		for _, c := range p.Conversation {
			if c.Author == l.bot && (node(c.ID) == id || id == "" && search && strings.Contains(c.Body, publish.Mark)) {
				id = node(c.ID)
				return l.bot.EditComment(c, body)
			}
		}
		if id != "" {
			return pull.ErrNotFound // somebody deleted it
		}
		c, err := l.bot.Comment(p, body, true)
		if err == nil {
			id = node(c.ID)
		}
		return err
	})
	return id, err
}

// reactionWords are the lab's words for reactions.
var reactionWords = map[seam.Reaction]string{seam.ThumbsUp: "👍", seam.ThumbsDown: "👎", seam.Eyes: "👀"}

// noted finds the pull request of a comment or a review by its key.
func (l *lab) noted(key string, do func(p *fake.PullRequest, id int64)) error {
	l.Lock()
	defer l.Unlock()
	for _, p := range l.repo.Pulls {
		for _, c := range p.Conversation {
			if node(c.ID) == key {
				do(p, c.ID)
				return nil
			}
		}
		for _, v := range p.Reviews {
			if node(v.ID) == key {
				do(p, v.ID)
				return nil
			}
		}
	}
	return pull.ErrNotFound
}

// React implements seam.Answerer.
func (l *lab) React(_ context.Context, _ pull.Repo, key string, r seam.Reaction) error {
	return l.noted(key, func(p *fake.PullRequest, id int64) { l.bot.React(p, id, reactionWords[r]) })
}

// Retract implements seam.Answerer.
func (l *lab) Retract(_ context.Context, _ pull.Repo, key string, r seam.Reaction) error {
	return l.noted(key, func(p *fake.PullRequest, id int64) { l.bot.Unreact(p, id, reactionWords[r]) })
}

// Reply implements seam.Answerer.
func (l *lab) Reply(_ context.Context, ref pull.Ref, key, body string) error {
	return l.on(ref, func(p *fake.PullRequest) error {
		mark := "\n<!-- answer " + key + " -->"
		if slices.ContainsFunc(p.Conversation, func(c *fake.CommentRecord) bool { return c.Author == l.bot && strings.HasSuffix(c.Body, mark) }) {
			return nil
		}
		_, err := l.bot.Comment(p, body+mark, true)
		return err
	})
}

// AddLabels implements seam.Marker.
func (l *lab) AddLabels(_ context.Context, ref pull.Ref, names []string) (put, refused []string, err error) {
	return names, nil, l.on(ref, func(p *fake.PullRequest) error {
		for _, name := range names {
			l.bot.Label(p, name)
		}
		return nil
	})
}

// RemoveLabel implements seam.Marker.
func (l *lab) RemoveLabel(_ context.Context, ref pull.Ref, name string) error {
	return l.on(ref, func(p *fake.PullRequest) error {
		_ = l.bot.Unlabel(p, name) // one that is gone is no error
		return nil
	})
}

// Assign implements seam.Marker.
func (l *lab) Assign(_ context.Context, ref pull.Ref, logins []string) error {
	return l.on(ref, func(p *fake.PullRequest) error {
		for _, login := range logins {
			if a, err := l.FindAccount(login); err == nil && l.repo.Access(a) >= fake.Write && !slices.Contains(p.Assigned, a) {
				p.Assign(a)
			}
		}
		return nil
	})
}

// message is the body of the lab's webhooks.
type message struct {
	Kind    fake.Kind  `json:"kind"`
	Project string     `json:"project,omitempty"`
	Request int        `json:"request,omitempty"`
	Head    string     `json:"head,omitempty"`
	Changed time.Time  `json:"changed,omitzero"`
	Verdict *pull.Told `json:"verdict,omitempty"`
	Mark    string     `json:"mark,omitempty"` // name of a status on Head
	Branch  string     `json:"branch,omitempty"`
	Default bool       `json:"default,omitempty"`
	Forced  bool       `json:"forced,omitempty"`
	Group   string     `json:"group,omitempty"` // whose teams changed
	Team    string     `json:"team,omitempty"`
}

// told are the events of requests that the lab tells.
var told = []fake.Kind{
	fake.PullOpened, fake.PullClosed, fake.PullReopened, fake.PullEdited, fake.MadeReady, fake.MadeDraft, fake.BaseChanged, fake.BaseMovedOn,
	fake.HeadMoved,
	fake.ReviewSubmitted, fake.ReviewEdited, fake.ReviewDismissed, fake.CommentCreated, fake.CommentEdited, fake.CommentDeleted,
}

// heed tells of what happened, but of nothing that the gate did. The forge's lock is held.
func (l *lab) heed(e fake.Event) {
	m := message{Kind: e.Kind}
	if e.Repo == l.repo {
		m.Project = l.repo.FullName()
	}
	switch {
	case e.By == l.bot || e.Repo != nil && e.Repo != l.repo:
		return
	case e.Pull != nil:
		if !slices.Contains(told, e.Kind) || e.Review != nil && e.Review.State == fake.Pending {
			return
		}
		m.Request, m.Head, m.Changed, m.Verdict = e.Pull.Number(), e.Pull.HeadID.String(), e.Pull.Updated, l.verdict(e)
	case e.Kind == fake.Pushed:
		m.Branch, m.Default, m.Forced = e.Branch, e.Branch == l.repo.DefaultBranch, e.Forced
	case e.Status != nil:
		m.Head, m.Mark = e.Status.Head.String(), e.Status.Context
	case e.Team != nil:
		m.Group, m.Team, m.Project = e.Team.Org.Login, e.Team.Slug, ""
	case e.Who == nil: // neither rights nor membership
		return
	case e.Repo == nil:
		m.Group = e.By.Login
	}
	l.post.add(m)
}

// verdict is what an event tells of a review.
func (l *lab) verdict(e fake.Event) *pull.Told {
	if e.Kind != fake.ReviewSubmitted && e.Kind != fake.ReviewDismissed {
		return nil
	}
	v := e.Review
	return &pull.Told{Review: v.ID, State: stateWords[v.State], Commit: v.Commit.String(), Body: command.Condense(v.Body),
		Author: l.person(v.Author), Dismissed: e.Kind == fake.ReviewDismissed}
}

// The lab's headers, and the secret by which it seals what it sends.
const (
	labSeal    = "X-Lab-Seal"
	labMessage = "X-Lab-Message"
	labSecret  = "a secret of the lab"
)

// labIntake takes the lab's webhooks.
type labIntake struct{ webhook.Signed }

func newLabIntake() (webhook.Intake, error) {
	signed, err := webhook.NewSigned([]byte(labSecret), labSeal, "v1,", labMessage)
	return labIntake{signed}, err
}

// Decode implements webhook.Intake.
func (labIntake) Decode(_ http.Header, body []byte) (webhook.Event, error) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return webhook.Event{}, err
	}
	h := webhook.Hint{Number: m.Request, Branch: m.Branch, Default: m.Default, Rewritten: m.Forced, Check: m.Mark, Review: m.Verdict,
		UpdatedAt: m.Changed}
	if h.Head = m.Head; m.Request != 0 {
		h.Head, h.At = "", m.Head
	}
	if m.Group != "" {
		h.Repo, h.Team = pull.Repo{Forge: "lab", Owner: m.Group}, m.Group+"/"+m.Team
		return webhook.Event{Kind: string(m.Kind), Hints: []webhook.Hint{h}}, nil
	}
	repo, err := pull.ParseRepo("lab", m.Project)
	h.Repo = repo
	return webhook.Event{Kind: string(m.Kind), Hints: []webhook.Hint{h}}, err
}

// post delivers the lab's webhooks in order, each once, as it is tried again by nobody.
type post struct {
	mu      sync.Mutex
	url     string
	held    bool
	busy    bool // a goroutine delivers
	waiting []message
	sent    int
}

func (p *post) add(m message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.url != "" {
		p.waiting = append(p.waiting, m)
	}
	p.wake()
}

// wake delivers what waits, under the lock.
func (p *post) wake() {
	if !p.held && !p.busy && len(p.waiting) > 0 {
		p.busy = true
		go p.deliver()
	}
}

func (p *post) deliver() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.held && len(p.waiting) > 0 {
		m, url := p.waiting[0], p.url
		p.waiting, p.sent = p.waiting[1:], p.sent+1
		key := fmt.Sprintf("message %d", p.sent)
		p.mu.Unlock()
		send(url, key, m)
		p.mu.Lock()
	}
	p.busy = false
}

// send posts one message; what does not arrive is lost.
func send(url, key string, m message) {
	body, err := json.Marshal(m)
	if err != nil {
		return
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return
	}
	seal := hmac.New(sha256.New, []byte(labSecret))
	seal.Write(body)
	req.Header.Set(labSeal, "v1,"+hex.EncodeToString(seal.Sum(nil)))
	req.Header.Set(labMessage, key)
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
	}
}

// HoldWebhooks implements forgetest.Hooks.
func (p *post) HoldWebhooks() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
}

// ReleaseWebhooks implements forgetest.Hooks.
func (p *post) ReleaseWebhooks() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = false
	p.wake()
}

// DropWebhooks implements forgetest.Hooks.
func (p *post) DropWebhooks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.waiting)
	p.waiting = nil
	return n
}

// FlushWebhooks implements forgetest.Hooks.
func (p *post) FlushWebhooks(ctx context.Context) error {
	for {
		p.mu.Lock()
		done := !p.busy && (p.held || len(p.waiting) == 0)
		p.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}
