package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// eventsAnswer is what happened to base, reviews and requests for review.
type eventsAnswer struct {
	PageInfo pageAnswer    `json:"pageInfo"`
	Nodes    []eventAnswer `json:"nodes"`
}

type eventAnswer struct {
	Typename  string       `json:"__typename"`
	CreatedAt time.Time    `json:"createdAt"`
	Previous  string       `json:"previousReviewState"`
	Message   string       `json:"dismissalMessage"`
	Pushed    *struct{}    `json:"pullRequestCommit"` // the push for which the forge dismissed
	Actor     *whoAnswer   `json:"actor"`
	Asked     *askedAnswer `json:"requestedReviewer"`
	Branch    string       `json:"previousRefName"`
	OldBase   string       `json:"oldBase"`
	Wrote     *whoAnswer   `json:"deletedCommentAuthor"`
	Before    *oidAnswer   `json:"beforeCommit"`
	After     *oidAnswer   `json:"afterCommit"`
	Review    *struct {
		Node       string `json:"id"`
		DatabaseID longID `json:"databaseId"`
	} `json:"review"`
}

func (e eventAnswer) tell(r *pull.Request) {
	switch e.Typename {
	case "ReviewRequestedEvent", "ReviewRequestRemovedEvent":
		if who := e.Asked.name(); who != "" {
			r.ReviewRequests = append(r.ReviewRequests,
				pull.ReviewRequest{Who: who, At: e.CreatedAt, Removed: e.Typename == "ReviewRequestRemovedEvent"})
		}
	case "ReviewDismissedEvent":
		if e.Review != nil {
			byForge := e.Pushed != nil || forgesWords(e.Message)
			dismissed(r, e.Review.DatabaseID.number(e.Review.Node), e.Actor.person(), e.Previous, byForge)
		}
	case "CommentDeletedEvent":
		r.Deleted = append(r.Deleted, pull.Deletion{Author: e.Wrote.person(), At: e.CreatedAt})
	case "HeadRefForcePushedEvent":
		r.HeadMoves = append(r.HeadMoves, pull.HeadMove{Before: e.Before.id(), After: e.After.id(), At: e.CreatedAt})
	default:
		r.BaseMoves = append(r.BaseMoves, e.move(r))
	}
}

// move returns a move of the base. What GitHub does not tell of it, such as a commit
// that is gone, stays empty.
func (e eventAnswer) move(r *pull.Request) pull.BaseMove {
	m := pull.BaseMove{At: e.CreatedAt}
	switch e.Typename {
	case "BaseRefChangedEvent":
		m.Kind, m.Before.Branch = pull.Retargeted, e.Branch
	case "AutomaticBaseChangeSucceededEvent":
		m.Kind, m.Before.Branch = pull.Followed, e.OldBase
	case "BaseRefForcePushedEvent":
		m.Kind, m.Before = pull.Rewritten, pull.Tip{Branch: r.BaseBranch, Commit: e.Before.id()}
	case "BaseRefDeletedEvent":
		m.Kind = pull.Remade
	case "ReopenedEvent":
		m.Kind = pull.Reopened
	}
	return m
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
		Message  string `json:"dismissal_message"`
		Commit   string `json:"dismissal_commit_id"`
	} `json:"dismissed_review"`
	Asked *struct {
		Login string `json:"login"`
	} `json:"requested_reviewer"`
	AskedTeam *struct {
		Slug string `json:"slug"`
	} `json:"requested_team"`
}

// restTimeline reads the history by REST.
func (f *Forge) restTimeline(ctx context.Context, ref pull.Ref, r *pull.Request) error {
	cl, err := f.client(ctx, ref.Repo)
	if err != nil {
		return err
	}
	events, err := listAll(func(opts *github.ListOptions) ([]timelineEvent, *github.Response, error) {
		path := fmt.Sprintf("repos/%s/%s/issues/%d/timeline?per_page=%d&page=%d", ref.Repo.Owner, ref.Repo.Name, ref.Number, opts.PerPage,
			max(opts.Page, 1))
		req, err := cl.rest.NewRequest(http.MethodGet, path, nil)
		if err != nil {
			return nil, nil, err
		}
		var page []timelineEvent
		res, err := cl.rest.Do(ctx, req, &page)
		return page, res, err
	})
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Event == "" {
			return forge.MissingField("what happened")
		}
		e.tell(r)
	}
	r.BaseMovesKnown, r.ReviewRequestsKnown = true, true
	return nil
}

// moveKinds are the moves of a base by REST's words.
var moveKinds = map[string]pull.MoveKind{
	"base_ref_changed": pull.Retargeted, "automatic_base_change_succeeded": pull.Followed,
	"base_ref_force_pushed": pull.Rewritten, "base_ref_deleted": pull.Remade, "reopened": pull.Reopened,
}

func (e timelineEvent) tell(r *pull.Request) {
	switch {
	case e.Event == "head_ref_force_pushed": // without its commits (github/docs#14910)
		r.HeadMoves = append(r.HeadMoves, pull.HeadMove{At: e.CreatedAt})
	case e.Event == "comment_deleted": // without its author
		r.Deleted = append(r.Deleted, pull.Deletion{At: e.CreatedAt})
	case moveKinds[e.Event] != "":
		r.BaseMoves = append(r.BaseMoves, pull.BaseMove{At: e.CreatedAt, Kind: moveKinds[e.Event]})
	case e.Event == "review_dismissed" && e.Dismissed != nil:
		var by pull.Person
		if e.Actor != nil {
			by = restPerson(e.Actor.Login, e.Actor.ID, e.Actor.Type)
		}
		dismissed(r, e.Dismissed.ReviewID, by, e.Dismissed.State, e.Dismissed.Commit != "" || forgesWords(e.Dismissed.Message))
	case e.Event == "review_requested", e.Event == "review_request_removed":
		ask := pull.ReviewRequest{At: e.CreatedAt, Removed: e.Event == "review_request_removed"}
		switch {
		case e.Asked != nil:
			ask.Who = e.Asked.Login
		case e.AskedTeam != nil: // teams of other organisations can't be asked
			ask.Who = "@" + r.Ref.Repo.Owner + "/" + e.AskedTeam.Slug
		default:
			return
		}
		r.ReviewRequests = append(r.ReviewRequests, ask)
	}
}

// forgesWords reports whether a dismissal says what GitHub says where it dismisses by
// itself, naming who pushed (orgs/community#58535, #45921).
func forgesWords(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "merge-base changed after approval") || strings.Contains(message, "base branch was changed")
}

// dismissed adds to a review who took it back, or that the forge did, and what it had
// said.
func dismissed(r *pull.Request, review int64, by pull.Person, state string, byForge bool) {
	for i := range r.Reviews {
		if v := &r.Reviews[i]; v.ID == review && v.State == pull.Dismissed {
			v.DismissedBy, v.DismissedState, v.DismissedByForge = by, pull.ReviewState(strings.ToUpper(state)), byForge
		}
	}
}
