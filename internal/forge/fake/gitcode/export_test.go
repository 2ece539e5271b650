package gitcode

import (
	"net/http"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake/rest"
)

// Routes are the routes that are served.
func (s *Server) Routes() []rest.Route { return s.routes() }

// Headers are those of a webhook; under the lock.
func (s *Server) Headers(h rest.Hook, event string, body []byte, at time.Time) http.Header {
	return s.headers(h, event, body, at)
}
