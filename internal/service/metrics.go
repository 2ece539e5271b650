package service

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/reviewgate/reviewgate/internal/doctor"
	"github.com/reviewgate/reviewgate/internal/forge"
	"github.com/reviewgate/reviewgate/internal/seam"
	"github.com/reviewgate/reviewgate/internal/sweep"
)

// Watch is what /metrics shows, and which forges answer.
type Watch struct {
	reach       *reach
	registry    *prometheus.Registry
	deliveries  *prometheus.CounterVec
	intake      prometheus.Histogram
	evaluations *prometheus.CounterVec
	lasted      prometheus.Histogram
	repairs     *prometheus.CounterVec
	oddities    *prometheus.CounterVec
	swept       prometheus.Gauge
	calls       *prometheus.CounterVec
	remaining   *prometheus.GaugeVec
	limit       *prometheus.GaugeVec

	counted *prometheus.Registry // those of them that State tells of
	mu      sync.Mutex
	found   []doctor.Finding
	forges  map[string]Forge
}

// NewWatch has seen nothing yet.
func NewWatch(log *slog.Logger) *Watch {
	m := &Watch{
		reach:    newReach(log),
		registry: prometheus.NewRegistry(),
		counted:  prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "reviewgate_deliveries_total",
			Help: "Webhook deliveries by forge, event, HTTP status answered and why they were refused or ignored.",
		}, []string{"forge", "event", "status", "reason"}),
		intake: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "reviewgate_intake_seconds", Help: "Time from a webhook's header to its answer, of signed ones.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 8, 10},
		}),
		evaluations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "reviewgate_evaluations_total", Help: "Evaluations by outcome; failed ones are tried again, for the cause given.",
		}, []string{"outcome", "cause"}),
		lasted: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "reviewgate_evaluation_seconds", Help: "Time that evaluations of pull requests took.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 75},
		}),
		repairs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "reviewgate_sweep_repairs_total",
			Help: "What a sweep found that no event had told of: pull requests by the kind of change, and deliveries asked for again.",
		}, []string{"kind"}),
		oddities: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "reviewgate_oddities_total",
			Help: "What a forge did that it should not: a text refused, a review moved to another commit, answers older than its events, a " +
				"list of another base.",
		}, []string{"kind"}),
		swept: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "reviewgate_sweep_last_success_timestamp_seconds",
			Help: "When this replica last began a sweep that could list everything; 0 on one that does not sweep.",
		}),
	}
	labels := []string{"forge", "installation", "resource"}
	m.calls = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "reviewgate_api_calls_total", Help: "Calls to forges by endpoint and HTTP status; 0 where there was no answer.",
	}, []string{"forge", "endpoint", "code"})
	m.remaining = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "reviewgate_rate_limit_remaining",
		Help: "What an installation may still use of a limit until it is reset, as the last answer said.",
	}, labels)
	m.limit = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "reviewgate_rate_limit_limit", Help: "An installation's limit, as the last answer said.",
	}, labels)
	for _, kind := range sweep.Repairs() {
		m.repairs.WithLabelValues(string(kind))
	}
	for _, kind := range seam.Oddities() {
		m.oddities.WithLabelValues(string(kind))
	}
	m.registry.MustRegister(m.oddities, m.deliveries, m.intake, m.evaluations, m.lasted, m.repairs, m.swept, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.calls, m.remaining, m.limit)
	m.counted.MustRegister(m.deliveries, m.swept, m.remaining, m.limit)
	return m
}

// oddity counts one.
func (w *Watch) oddity(kind seam.Oddity) { w.oddities.WithLabelValues(string(kind)).Inc() }

// repaired counts what a sweep found.
func (w *Watch) repaired(kind sweep.Repair, n int) {
	w.repairs.WithLabelValues(string(kind)).Add(float64(n))
}

// gauges adds what is asked for when somebody looks.
func (w *Watch) gauges(store Backlogger, forges map[string]Forge) {
	w.registry.MustRegister(backlog{store}, limited{forges})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forges = forges
}

// Call notes a call to a forge as an account: it counts it and keeps what is left of its
// limit.
func (w *Watch) Call(name string, account int64, c forge.Call) {
	if !c.Left {
		w.reach.note(name, c.Code != 0)
	}
	w.calls.WithLabelValues(name, c.Endpoint, strconv.Itoa(c.Code)).Inc()
	if c.Limit > 0 {
		id := strconv.FormatInt(account, 10)
		w.remaining.WithLabelValues(name, id, c.Resource).Set(float64(c.Remaining))
		w.limit.WithLabelValues(name, id, c.Resource).Set(float64(c.Limit))
	}
}

// limited shows, when it is asked, which installations' calls are kept back.
type limited struct{ forges map[string]Forge }

func (limited) desc() *prometheus.Desc {
	return prometheus.NewDesc("reviewgate_rate_limited",
		"1 while calls of an installation are kept back by a rate limit; 0 is a token, -1 the app itself.", []string{"forge", "installation"},
		nil)
}

// Describe implements prometheus.Collector.
func (l limited) Describe(ch chan<- *prometheus.Desc) { ch <- l.desc() }

// Collect implements prometheus.Collector.
func (l limited) Collect(ch chan<- prometheus.Metric) {
	for name, f := range l.forges {
		for id := range f.Line.Limited() {
			ch <- prometheus.MustNewConstMetric(l.desc(), prometheus.GaugeValue, 1, name, strconv.FormatInt(id, 10))
		}
	}
}

// delivery counts one. Unknown forges share a label, and so do events that came
// without a valid signature, so that nobody makes labels up. How long these took is
// their senders' doing.
func (w *Watch) delivery(forge, event string, status int, reason string, took time.Duration) {
	if status == http.StatusNotFound {
		forge = "unknown"
	}
	w.deliveries.WithLabelValues(forge, event, strconv.Itoa(status), reason).Inc()
	if event != "" {
		w.intake.Observe(took.Seconds())
	}
}

// handler serves what is for administrators only: the metrics, and the profiles
// of a running process.
func (w *Watch) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// backlog shows the queue when it is asked.
type backlog struct{ store Backlogger }

const backlogName = "reviewgate_queue"

func (b backlog) descs() (size, age *prometheus.Desc) {
	return prometheus.NewDesc(backlogName+"_size", "References with work, by state.", []string{"state"}, nil),
		prometheus.NewDesc(backlogName+"_oldest_seconds", "Age of the oldest event that is not served.", nil, nil)
}

// Describe implements prometheus.Collector.
func (b backlog) Describe(ch chan<- *prometheus.Desc) {
	size, age := b.descs()
	ch <- size
	ch <- age
}

// Collect implements prometheus.Collector.
func (b backlog) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	size, age := b.descs()
	now, err := b.store.Backlog(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(size, err)
		return
	}
	for _, s := range []struct {
		state string
		n     int
	}{{"waiting", now.Waiting}, {"running", now.Running}, {"retrying", now.Retrying}, {"dead", now.Dead}} {
		ch <- prometheus.MustNewConstMetric(size, prometheus.GaugeValue, float64(s.n), s.state)
	}
	seconds := 0.0
	if !now.Oldest.IsZero() {
		seconds = time.Since(now.Oldest).Seconds()
	}
	ch <- prometheus.MustNewConstMetric(age, prometheus.GaugeValue, seconds)
}
