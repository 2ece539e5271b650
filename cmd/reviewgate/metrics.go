package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows.
type metrics struct {
	registry    *prometheus.Registry
	deliveries  *prometheus.CounterVec
	evaluations *prometheus.CounterVec
	repairs     prometheus.Counter
}

func newMetrics(store lists) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "reviewgate_deliveries_total", Help: "Webhook deliveries by forge, event and HTTP status answered.",
		}, []string{"forge", "event", "status"}),
		evaluations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "reviewgate_evaluations_total", Help: "Evaluations by outcome; failed ones are tried again.",
		}, []string{"outcome"}),
		repairs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "reviewgate_sweep_repairs_total", Help: "Pull requests that a sweep found to be judged again.",
		}),
	}
	m.registry.MustRegister(m.deliveries, m.evaluations, m.repairs, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), backlog{store})
	return m
}

// delivery counts one. Unknown forges share a label, and so do events that came
// without a valid signature, so that nobody makes labels up.
func (m *metrics) delivery(forge, event string, status int) {
	if status == http.StatusNotFound {
		forge = "unknown"
	}
	m.deliveries.WithLabelValues(forge, event, strconv.Itoa(status)).Inc()
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// backlog shows the queue when it is asked.
type backlog struct{ store lists }

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
