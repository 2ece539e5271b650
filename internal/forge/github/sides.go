package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// sides writes the query for the contents' two sides: a variable per path, and
// a line at the head and at the merge base for each side that exists.
func sides(contents []*pull.Content, vars map[string]any) string {
	var declared, head, base strings.Builder
	declare := func(name, path string) string {
		vars[name] = path
		declared.WriteString(", $" + name + ": String!")
		return name
	}
	for i, c := range contents {
		n := strconv.Itoa(i)
		path := declare("p"+n, c.Path)
		if c.Status != pull.Removed {
			head.WriteString("f" + n + ": file(path: $" + path + ") { mode oid }\n")
		}
		if c.Status == pull.Added {
			continue
		}
		if c.OldPath != "" && c.OldPath != c.Path {
			path = declare("o"+n, c.OldPath)
		}
		base.WriteString("f" + n + ": file(path: $" + path + ") { mode oid }\n")
	}
	text := strings.Replace(changeText, "#vars", declared.String(), 1)
	text = strings.Replace(text, "#head", head.String(), 1)
	return strings.Replace(text, "#base", base.String(), 1)
}

// readContents fills in modes and ids. A side that the tree lacks although the
// list has it, or that has another id than the list says, stays unknown.
func readContents(a *changeAnswer, contents []*pull.Content) {
	for i, c := range contents {
		if c.Status != pull.Removed {
			c.Mode, c.ID = side(a.Repository.Head, i, c.ID)
		}
		if c.Status != pull.Added {
			c.OldMode, c.OldID = side(a.Repository.Base, i, c.OldID)
		}
	}
}

func side(tree map[string]json.RawMessage, i int, listed string) (pull.Mode, string) {
	var e *treeEntry
	if err := json.Unmarshal(tree["f"+strconv.Itoa(i)], &e); err != nil || e == nil {
		return "", listed
	}
	if listed != "" && listed != e.OID {
		return "", ""
	}
	return e.mode(), e.OID
}

func sameTree(a *changeAnswer) bool {
	var head, base oidAnswer
	if json.Unmarshal(a.Repository.Head["tree"], &head) != nil || json.Unmarshal(a.Repository.Base["tree"], &base) != nil {
		return false
	}
	return head.OID != "" && head.OID == base.OID
}

// readTimeline reads the history from a first page on.
func (f *Forge) readTimeline(ctx context.Context, look gate.Look, c *gate.Change, head string, page *timelineAnswer) error {
	for page != nil {
		for _, n := range page.Nodes {
			switch {
			case n.Typename != "ReviewDismissedEvent":
				c.BaseMoves = append(c.BaseMoves, n.CreatedAt)
			case n.Review != nil:
				c.Dismissals = append(c.Dismissals, gate.Dismissal{Review: n.Review.DatabaseID, By: n.Actor.person(), State: pull.ReviewState(n.Previous)})
			}
		}
		if !page.PageInfo.HasNextPage {
			c.MovesKnown = true
			return nil
		}
		a, err := f.changeQuery(ctx, look, head, c.MergeBase, nil, true, page.PageInfo.EndCursor)
		if err != nil {
			return err
		}
		page = a.Repository.PullRequest.TimelineItems
	}
	return nil
}

// timelineEvent is what the gate reads of REST's timeline.
type timelineEvent struct {
	Event     string    `json:"event"`
	CreatedAt time.Time `json:"created_at"`
	Actor     *struct {
		Login string `json:"login"`
		ID    int64  `json:"id"`
		Type  string `json:"type"`
	} `json:"actor"`
	Dismissed *struct {
		State    string `json:"state"`
		ReviewID int64  `json:"review_id"`
	} `json:"dismissed_review"`
}

// restTimeline reads the history by REST.
func (f *Forge) restTimeline(ctx context.Context, ref pull.Ref, c *gate.Change) error {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return err
	}
	for page := 1; page != 0; {
		path := fmt.Sprintf("repos/%s/%s/issues/%d/timeline?per_page=%d&page=%d", ref.Repo.Owner, ref.Repo.Name, ref.Number, pageSize, page)
		req, err := cl.rest.NewRequest(http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		var events []timelineEvent
		res, err := cl.rest.Do(ctx, req, &events)
		if err != nil {
			return kind(err)
		}
		for _, e := range events {
			e.add(c)
		}
		page = res.NextPage
	}
	c.MovesKnown = true
	return nil
}

func (e timelineEvent) add(c *gate.Change) {
	switch {
	case e.Event == "base_ref_changed", e.Event == "base_ref_force_pushed", e.Event == "automatic_base_change_succeeded":
		c.BaseMoves = append(c.BaseMoves, e.CreatedAt)
	case e.Event == "review_dismissed" && e.Dismissed != nil:
		d := gate.Dismissal{Review: e.Dismissed.ReviewID, State: pull.ReviewState(strings.ToUpper(e.Dismissed.State))}
		if e.Actor != nil {
			d.By = restPerson(e.Actor.Login, e.Actor.ID, e.Actor.Type)
		}
		c.Dismissals = append(c.Dismissals, d)
	}
}
