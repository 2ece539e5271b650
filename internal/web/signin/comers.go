package signin

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	maxTries  = 20     // of one address in a minute
	maxComers = 10_000 // addresses that are counted; in a minute of more, new ones wait
)

// comers counts who tries to sign in, by address. The zero value is ready for use.
type comers struct {
	mu    sync.Mutex
	since time.Time
	tries map[netip.Prefix]int
}

// allow reports whether an address may try now, and counts it.
func (c *comers) allow(from netip.Prefix, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.since) >= time.Minute || c.tries == nil {
		c.since, c.tries = now, map[netip.Prefix]int{}
	}
	n, known := c.tries[from]
	if n >= maxTries || !known && len(c.tries) >= maxComers {
		return false
	}
	c.tries[from] = n + 1
	return true
}

// addressOf is where a request comes from: the sender's address, or the last that a proxy of
// this network names. Of an IPv6 address it is the network, as each host has many.
func addressOf(r *http.Request) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	from, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	if from = from.Unmap(); from.IsLoopback() || from.IsPrivate() {
		all := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		if named, err := netip.ParseAddr(strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])); err == nil {
			from = named.Unmap()
		}
	}
	bits := from.BitLen()
	if from.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(from.WithZone(""), bits).Masked()
}
