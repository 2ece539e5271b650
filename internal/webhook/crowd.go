package webhook

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds on bodies that have not come to their end. Nobody knows yet who sends them,
// so no number of them may keep others out: beyond a bound it is the slowest that are
// cut, and never the one that has just come.
const (
	// maxUnfinished is how many there are at once. Beyond it the slowest of the address
	// with the most is cut.
	maxUnfinished = 512
	// maxUnfinishedOfOne is how many of one address (of IPv6, one network of 64 bits)
	// there are at once. Beyond it the slowest that is older than newFor is cut; whoever
	// is younger stays, as behind a proxy all come from one address, the forge's
	// deliveries among them, which are over in a moment. What a header says of the
	// sender is not looked at: anybody can write one.
	maxUnfinishedOfOne = 128
	newFor             = time.Second
	// maxStall is how long one may send nothing, however few there are.
	maxStall = 3 * time.Second
)

// incoming is a body that is being read.
type incoming struct {
	address string
	begun   time.Time
	read    atomic.Int64  // bytes
	last    atomic.Int64  // when some came, in nanoseconds since begun
	gone    chan struct{} // closed when it is cut
	isCut   bool          // guarded by crowd.mu
	left    bool          // guarded by crowd.mu
	// until sets the time at which reading ends; a past time ends it now.
	until func(time.Time) error
}

// came notes that bytes did.
func (in *incoming) came(n int) {
	in.read.Add(int64(n))
	in.last.Store(int64(time.Since(in.begun)))
}

// crowd are all bodies that are being read, but for those that wait for memory: they
// are slow by no fault of theirs.
type crowd struct {
	mu  sync.Mutex
	all []*incoming
	of  map[string]int // how many, by address
}

// enter adds a body, and cuts another one where there are too many.
func (c *crowd) enter(address string, until func(time.Time) error) *incoming {
	in := &incoming{address: address, begun: time.Now(), gone: make(chan struct{}), until: until}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	if c.of[address] >= maxUnfinishedOfOne {
		if slow := c.slowest(address, newFor); slow != nil {
			c.end(slow)
		}
	}
	if len(c.all) >= maxUnfinished {
		most := c.fullest()
		slow := c.slowest(most, newFor)
		if slow == nil {
			slow = c.slowest(most, 0)
		}
		c.end(slow)
	}
	c.all = append(c.all, in)
	c.of[address]++
	return in
}

// fullest returns the address that most of them come from.
func (c *crowd) fullest() (most string) {
	for _, in := range c.all {
		if c.of[in.address] > c.of[most] {
			most = in.address
		}
	}
	return most
}

// slowest returns that of an address of which the least has come, the oldest of
// several; nil if there is none of that age.
func (c *crowd) slowest(address string, age time.Duration) (slow *incoming) {
	now := time.Now()
	for _, in := range c.all { // in the order in which they came
		if in.address == address && now.Sub(in.begun) >= age && (slow == nil || in.read.Load() < slow.read.Load()) {
			slow = in
		}
	}
	return slow
}

// cut ends the reading of a body.
func (c *crowd) cut(in *incoming) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(in)
}

func (c *crowd) end(in *incoming) {
	if in.isCut || in.left {
		return // its connection may carry another request by now
	}
	in.isCut = true
	close(in.gone)
	_ = in.until(time.Unix(1, 0)) // a server that can't has its own limit
	c.remove(in)
}

// allow lets a body be read until a time, unless it was cut.
func (c *crowd) allow(in *incoming, at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if in.isCut {
		return os.ErrDeadlineExceeded
	}
	_ = in.until(at) // as above
	return nil
}

// pause takes a body out while it waits for memory.
func (c *crowd) pause(in *incoming) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(in)
}

// resume puts it in again. There is no more of them than there is memory.
func (c *crowd) resume(in *incoming) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !in.isCut {
		c.all = append(c.all, in)
		c.of[in.address]++
	}
}

// leave takes a body out that is read or given up.
func (c *crowd) leave(in *incoming) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(in)
	in.left = true
}

func (c *crowd) remove(in *incoming) {
	i := slices.Index(c.all, in)
	if i < 0 {
		return
	}
	c.all = slices.Delete(c.all, i, i+1)
	if c.of[in.address]--; c.of[in.address] == 0 {
		delete(c.of, in.address)
	}
}

// sender is what a bound per address counts: an address or, of IPv6, the network of
// 64 bits that one host is given.
func sender(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	at = at.Unmap().WithZone("")
	if at.Is4() {
		return at.String()
	}
	network, err := at.Prefix(64)
	if err != nil {
		return at.String() // unreachable: the address has as many bits
	}
	return network.String()
}
