package service

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/reviewgate/reviewgate/internal/doctor"
)

// State is how a service fares, since it was started, for administrators. Of several replicas it
// is this one's.
type State struct {
	Deliveries []Deliveries `json:"deliveries"`
	Limits     []Limit      `json:"limits"`
	// Swept is when this replica last began a sweep that could list everything; zero where it
	// did not yet, or where another one sweeps.
	Swept time.Time `json:"swept,omitzero"`
	// Findings are what was found of the set-up at the start.
	Findings []doctor.Finding `json:"findings"`
	// Silent are the forges that do not answer this replica.
	Silent []string `json:"silent"`
}

// Deliveries are the webhooks of a forge that had one answer.
type Deliveries struct {
	Forge  string `json:"forge"`
	Status string `json:"status"` // of HTTP
	Count  int    `json:"count"`
}

// Limit is what a forge lets an account of ours call.
type Limit struct {
	Forge     string    `json:"forge"`
	Account   string    `json:"account"` // an installation's number; 0 is a token, -1 the App itself
	Resource  string    `json:"resource,omitempty"`
	Remaining int       `json:"remaining"`
	Limit     int       `json:"limit"`
	Until     time.Time `json:"until,omitzero"` // calls are kept back until then
}

// State returns how the service fares.
func (w *Watch) State() State {
	w.mu.Lock()
	s := State{Deliveries: []Deliveries{}, Limits: []Limit{}, Findings: append([]doctor.Finding{}, w.found...), Silent: w.reach.unreached()}
	forges := w.forges
	w.mu.Unlock()
	for _, m := range w.samples("reviewgate_deliveries_total") {
		at := slices.IndexFunc(s.Deliveries, func(d Deliveries) bool { return d.Forge == m.labels["forge"] && d.Status == m.labels["status"] })
		if at < 0 {
			at, s.Deliveries = len(s.Deliveries), append(s.Deliveries, Deliveries{Forge: m.labels["forge"], Status: m.labels["status"]})
		}
		s.Deliveries[at].Count += int(m.value)
	}
	slices.SortFunc(s.Deliveries, func(a, b Deliveries) int {
		return cmp.Or(cmp.Compare(a.Forge, b.Forge), cmp.Compare(a.Status, b.Status))
	})
	remaining := map[string]int{}
	key := func(m sample) string {
		return m.labels["forge"] + " " + m.labels["installation"] + " " + m.labels["resource"]
	}
	for _, m := range w.samples("reviewgate_rate_limit_remaining") {
		remaining[key(m)] = int(m.value)
	}
	for _, m := range w.samples("reviewgate_rate_limit_limit") {
		s.Limits = append(s.Limits, Limit{Forge: m.labels["forge"], Account: m.labels["installation"], Resource: m.labels["resource"],
			Remaining: remaining[key(m)], Limit: int(m.value)})
	}
	for _, name := range slices.Sorted(maps.Keys(forges)) {
		for account, until := range forges[name].Line.Limited() {
			s.Limits = append(s.Limits, Limit{Forge: name, Account: strconv.FormatInt(account, 10), Until: until})
		}
	}
	slices.SortStableFunc(s.Limits, func(a, b Limit) int {
		return cmp.Or(cmp.Compare(a.Forge, b.Forge), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Resource, b.Resource))
	})
	for _, m := range w.samples("reviewgate_sweep_last_success_timestamp_seconds") {
		if m.value > 0 {
			s.Swept = time.Unix(int64(m.value), 0)
		}
	}
	return s
}

// sample is a value of a metric.
type sample struct {
	labels map[string]string
	value  float64
}

// samples are the values of a counter or a gauge, in the order of their labels.
func (w *Watch) samples(name string) (list []sample) {
	families, err := w.counted.Gather()
	if err != nil {
		return nil // unreachable: these are kept in memory
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			one := sample{map[string]string{}, m.GetCounter().GetValue() + m.GetGauge().GetValue()}
			for _, l := range m.GetLabel() {
				one.labels[l.GetName()] = l.GetValue()
			}
			list = append(list, one)
		}
	}
	return list
}

// find notes what was found of the set-up.
func (w *Watch) find(found []doctor.Finding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = append(w.found, found...)
}
