package gitcode

import (
	"net/http"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake/v5"
)

// Routes are the routes that are served.
func (s *Server) Routes() []v5.Route { return s.routes() }

// Headers are those of a webhook; under the lock.
func (s *Server) Headers(h v5.Hook, event string, body []byte, at time.Time) http.Header {
	return s.headers(h, event, body, at)
}
