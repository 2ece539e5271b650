package postgres

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/queue"
	"github.com/reviewgate/reviewgate/internal/store/postgrestest"
	"github.com/reviewgate/reviewgate/internal/webhook"
)

// How much TestTroubledDatabase does. The full run is -troubles 50 -trouble 30s.
var (
	troubleRounds = flag.Int("troubles", 3, "rounds of trouble of TestTroubledDatabase")
	troubleLasts  = flag.Duration("trouble", 4*time.Second, "how long each of them lasts at most")
)

// afterTrouble is how soon everything is served that was accepted, once the database
// is back.
const afterTrouble = 15 * time.Second

// line is a way to a server that can be cut and can hang.
type line struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	cut   bool
	hang  chan struct{} // closed when it goes on; nil: it does not hang
	conns map[net.Conn]bool
}

func newLine(t *testing.T, server string) *line {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	l := &line{listener: listener, server: server, conns: map[net.Conn]bool{}}
	go l.serve()
	t.Cleanup(func() {
		l.set(true, false)
		listener.Close()
	})
	return l
}

func (l *line) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.carry(near)
	}
}

func (l *line) carry(near net.Conn) {
	l.wait()
	var dialer net.Dialer
	far, err := dialer.DialContext(context.Background(), "tcp", l.server)
	if err != nil || !l.add(near, far) {
		near.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { l.pass(near, far) })
	both.Go(func() { l.pass(far, near) })
	both.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, near)
	delete(l.conns, far)
}

// pass carries bytes one way, and holds them while the line hangs.
func (l *line) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.wait()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *line) wait() {
	l.mu.Lock()
	hang := l.hang
	l.mu.Unlock()
	if hang != nil {
		<-hang
	}
}

func (l *line) add(near, far net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		far.Close()
		return false
	}
	l.conns[near], l.conns[far] = true, true
	return true
}

// set cuts the line, has it hang, or mends it. What was sent while it hung is
// lost with the connections: a server that is back is another one.
func (l *line) set(cut, hang bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	if hang {
		l.hang = make(chan struct{})
		return
	}
	for conn := range l.conns {
		if cut || l.hang != nil {
			conn.Close()
		}
	}
	if l.hang != nil {
		close(l.hang)
		l.hang = nil
	}
}

// troubled is a database that three replicas work on, and its troubles.
type troubled struct {
	t     *testing.T
	line  *line
	admin *pgx.Conn
	name  string

	stores []*Store
	mu     sync.Mutex
	state  map[pull.Ref]int // raised before each event
	sure   map[pull.Ref]int // of accepted events
	served map[pull.Ref]int
}

func newTroubled(t *testing.T) *troubled {
	t.Helper()
	address := postgrestest.Open(t).Database(t, "")
	name := postgrestest.Name(t, address)
	admin, err := pgx.Connect(t.Context(), address)
	must(t, err)
	t.Cleanup(func() { must(t, admin.Close(context.WithoutCancel(t.Context()))) })
	u, err := url.Parse(address)
	must(t, err)
	// A limit of connections does not hold for superusers.
	role := name + "_user"
	for _, query := range []string{`CREATE ROLE ` + role + ` LOGIN`, `ALTER DATABASE ` + name + ` OWNER TO ` + role,
		`GRANT ALL ON SCHEMA public TO ` + role} {
		_, err := admin.Exec(t.Context(), query)
		must(t, err)
	}
	w := &troubled{t: t, admin: admin, name: name, line: newLine(t, u.Host), state: map[pull.Ref]int{}, sure: map[pull.Ref]int{},
		served: map[pull.Ref]int{}}
	t.Cleanup(func() { w.exec(`REASSIGN OWNED BY `+role+` TO CURRENT_USER`, `DROP OWNED BY `+role, `DROP ROLE `+role) })
	u.User, u.Host, u.RawQuery = url.User(role), w.line.listener.Addr().String(), "pool_max_conns=8"
	for range 3 {
		s := reopen(t, u.String())
		must(t, s.Start(t.Context(), queue.Options{Work: w.work(s)}))
		w.stores = append(w.stores, s)
	}
	return w
}

func (w *troubled) exec(queries ...string) {
	w.t.Helper()
	for _, query := range queries {
		_, err := w.admin.Exec(context.WithoutCancel(w.t.Context()), query)
		must(w.t, err)
	}
}

// work evaluates as the gate does: it reads, waits for the forge, and writes.
func (w *troubled) work(s *Store) queue.Work {
	return func(ctx context.Context, r pull.Ref) error {
		if _, err := s.Recall(ctx, r); err != nil {
			return err
		}
		w.mu.Lock()
		state := w.state[r]
		w.mu.Unlock()
		select {
		case <-time.After(time.Duration(rand.IntN(300)) * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		known := history.PullState{Ref: r, Head: "h", Open: true}
		if err := s.Remember(ctx, r, history.Update{Known: &known}); err != nil {
			return err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.served[r] = max(w.served[r], state)
		return nil
	}
}

// send has events accepted until over is closed.
func (w *troubled) send(over <-chan struct{}, dice *rand.Rand) {
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		case <-time.After(time.Duration(20+dice.IntN(60)) * time.Millisecond):
		}
		r := ref(1 + dice.IntN(40))
		r.Repo.Name = fmt.Sprint("repo-", dice.IntN(5))
		w.mu.Lock()
		w.state[r]++
		state := w.state[r]
		w.mu.Unlock()
		d := webhook.Delivery{Forge: "github", ID: fmt.Sprint(dice.Uint64()), Hints: []webhook.Hint{{Repo: r.Repo, Number: r.Number}}}
		if w.stores[dice.IntN(len(w.stores))].Accept(context.Background(), d) == nil {
			w.mu.Lock()
			w.sure[r] = max(w.sure[r], state)
			w.mu.Unlock()
		}
	}
}

// missing tells how many accepted events are not served.
func (w *troubled) missing() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for r, state := range w.sure {
		if w.served[r] < state {
			n++
		}
	}
	return n
}

// trouble begins one, and gives what ends it.
func (w *troubled) trouble(kind string, dice *rand.Rand) (end func()) {
	terminate := `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '` + w.name + `' AND pid <> pg_backend_pid()`
	switch kind {
	case "cut":
		w.line.set(true, false)
		return func() { w.line.set(false, false) }
	case "hang":
		w.line.set(false, true)
		return func() { w.line.set(false, false) }
	case "few slots": // for two of the three, and each query may be the last one
		w.exec(fmt.Sprintf(`ALTER DATABASE %s CONNECTION LIMIT %d`, w.name, dice.IntN(4)), terminate)
		return func() { w.exec(`ALTER DATABASE ` + w.name + ` CONNECTION LIMIT -1`) }
	}
	over := make(chan struct{}) // "flicker": all sessions end again and again
	var loop sync.WaitGroup
	loop.Go(func() {
		for {
			w.exec(terminate)
			select {
			case <-over:
				return
			case <-time.After(time.Duration(dice.IntN(700)) * time.Millisecond):
			}
		}
	})
	return func() {
		close(over)
		loop.Wait()
	}
}

// TestTroubledDatabase has three replicas work while their connections are cut, hang,
// are refused, and end again and again: once the database is back, all that was
// accepted is served soon, and no claim is left that nobody runs.
func TestTroubledDatabase(t *testing.T) {
	t.Parallel()
	w := newTroubled(t)
	seed := rand.Uint64()
	dice := rand.New(rand.NewPCG(seed, 0))
	kinds := []string{"cut", "hang", "few slots", "flicker"}
	first := dice.IntN(len(kinds))
	var worst time.Duration
	for round := range *troubleRounds {
		kind := kinds[(first+round)%len(kinds)]
		lasts := *troubleLasts/2 + time.Duration(dice.Int64N(int64(*troubleLasts/2)))
		over := make(chan struct{})
		var senders sync.WaitGroup
		for n := range 6 {
			senders.Go(func() { w.send(over, rand.New(rand.NewPCG(seed, uint64(round*10+n+1)))) })
		}
		<-time.After(500 * time.Millisecond)
		end := w.trouble(kind, dice)
		<-time.After(lasts)
		end()
		back := time.Now()
		close(over)
		senders.Wait()
		w.until(back, func() bool { return w.missing() == 0 && w.idle() })
		took := time.Since(back)
		worst = max(worst, took)
		t.Logf("round %d: %s for %.1f s; %d pull requests; all served %.1f s after the return", round+1, kind, lasts.Seconds(), len(w.sure),
			took.Seconds())
		if took > afterTrouble {
			t.Errorf("round %d: %s of %s: all served only after %s (seed %d)", round+1, kind, lasts, took, seed)
		}
	}
	t.Logf("worst of %d rounds: %.1f s", *troubleRounds, worst.Seconds())
}

// idle reports whether nothing is left to do, nor claimed.
func (w *troubled) idle() bool {
	b, err := w.stores[0].Backlog(context.Background())
	return err == nil && b == queue.Backlog{}
}

// until waits for what must come after a return, and shows what is left if it does not.
func (w *troubled) until(back time.Time, holds func() bool) {
	w.t.Helper()
	for time.Since(back) < 4*afterTrouble {
		if holds() {
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	jobs, err := w.stores[0].Jobs(context.Background())
	w.t.Fatalf("%s after the return %d are not served: %+v, %v", time.Since(back), w.missing(), jobs, err)
}
