package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// club is a team of admins.
type club struct {
	mu     sync.Mutex
	in     []string
	unread string
	hangs  bool
	then   func() // before it answers
	asked  int
}

// Team implements Teams.
func (c *club) Team(ctx context.Context, repo pull.Repo, team string) (out policy.Team, err error) {
	c.mu.Lock()
	if c.asked++; repo != (pull.Repo{Forge: "github", Owner: "acme"}) || team != "acme/ops" {
		err = errors.New("another team is asked for")
	}
	hangs := c.hangs
	for _, login := range c.in {
		out.Members = append(out.Members, pull.Person{Login: "once-" + login, ID: numberOf(login)})
	}
	out.Unread = c.unread
	before := c.then
	c.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return out, ctx.Err()
	}
	if before != nil {
		before()
	}
	return out, err
}

func (c *club) set(change func(*club)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// clubTown is a town with a team whose members are admins.
func clubTown(t *testing.T) (*town, *club) {
	t.Helper()
	w, c := newTown(t, private(t)), &club{in: []string{"ann"}}
	steward := w.shop.steward()
	steward.Teams = []AdminTeam{{Forge: "gitea", Name: "acme/others"}, {Forge: "github", Name: "acme/ops", Source: c}}
	w.pages.admins = newAdmins(&steward, w.pages.cfg.Log, func() time.Time { return w.now })
	return w, c
}

// TestAdminsByTeam holds that members of a team are admins, by the numbers of their accounts: the
// forge is asked once a minute, and again after an event; where it does not say, nobody is.
func TestAdminsByTeam(t *testing.T) {
	t.Parallel()
	w, c := clubTown(t)
	ann, bob := w.signIn("ann", "/-/me"), w.signIn("bob", "/-/me")
	may := func(cookie string) bool { return get(t, w, "/-/admin", "Cookie", cookie).Code == http.StatusOK }
	for range 3 {
		if !may(ann) || may(bob) || may("") {
			t.Errorf("ann %t, bob %t, a stranger %t", may(ann), may(bob), may(""))
		}
	}
	if c.asked != 1 {
		t.Errorf("the forge is asked %d times", c.asked)
	}
	if page := get(t, w, "/-/me", "Cookie", ann).Body.String(); !strings.Contains(page, `href="/-/admin"`) {
		t.Errorf("no link to what she may see:\n%s", page)
	}
	if page := get(t, w, "/-/me", "Cookie", bob).Body.String(); strings.Contains(page, `href="/-/admin"`) {
		t.Errorf("a link to what he may not see:\n%s", page)
	}
	c.set(func(c *club) { c.in = []string{"bob"} })
	w.pages.Told("github", "membership")
	if may(ann) || !may(bob) {
		t.Errorf("after an event: ann %t, bob %t", may(ann), may(bob))
	}
	c.set(func(c *club) { c.in = []string{"ann"} })
	w.now = w.now.Add(membersFor)
	if !may(ann) || may(bob) {
		t.Errorf("after a minute: ann %t, bob %t", may(ann), may(bob))
	}
	asked := c.asked
	c.set(func(c *club) { c.unread = "404" })
	w.now = w.now.Add(membersFor)
	for range 2 {
		if may(ann) || c.asked != asked+1 {
			t.Errorf("where the forge does not say: ann %t, asked %d times more", may(ann), c.asked-asked)
		}
	}
}

// TestTeamThatHangs holds that a page waits so long for a forge, which is asked once by all who wait,
// and that pages which only link to what admins see do not wait at all.
func TestTeamThatHangs(t *testing.T) {
	t.Parallel()
	w, c := clubTown(t)
	ann := w.signIn("ann", "/-/me")
	c.set(func(c *club) { c.hangs, c.asked = true, 0 })
	w.pages.Told("github", "team")
	w.pages.admins.read(t.Context(), w.pages.admins.teams[1])
	begun := time.Now()
	if code := get(t, w, "/-/me", "Cookie", ann).Code; code != http.StatusOK || time.Since(begun) >= memberWait {
		t.Errorf("%d after %s", code, time.Since(begun))
	}
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			if code := get(t, w, "/-/admin", "Cookie", ann).Code; code != http.StatusNotFound {
				t.Errorf("an admin by a team that is not told: %d", code)
			}
		})
	}
	all.Wait()
	if c.set(func(*club) {}); c.asked != 1 {
		t.Errorf("the forge is asked %d times", c.asked)
	}
}

// TestTeamReadBeforeAnEvent holds that an answer of before an event makes nobody an admin.
func TestTeamReadBeforeAnEvent(t *testing.T) {
	t.Parallel()
	w, c := clubTown(t)
	ann := w.signIn("ann", "/-/me")
	c.set(func(c *club) {
		c.then = func() {
			w.pages.Told("github", "organization")
			c.set(func(c *club) { c.in = nil })
		}
	})
	for range 2 {
		if code := get(t, w, "/-/admin", "Cookie", ann).Code; code != http.StatusNotFound {
			t.Errorf("%d", code)
		}
	}
}
