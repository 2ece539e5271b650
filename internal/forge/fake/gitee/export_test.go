package gitee

import "github.com/reviewgate/reviewgate/internal/forge/fake/rest"

// Sign is sign.
var Sign = sign

// Routes are the routes that are served.
func (s *Server) Routes() []rest.Route { return s.routes() }
