package gitee

import "github.com/reviewgate/reviewgate/internal/forge/fake/v5"

// Sign is sign.
var Sign = sign

// Routes are the routes that are served.
func (s *Server) Routes() []v5.Route { return s.routes() }
