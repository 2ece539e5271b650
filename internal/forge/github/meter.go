package github

import (
	"regexp"

	"github.com/reviewgate/reviewgate/internal/forge"
)

// meter reads GitHub's limits (docs.github.com, "Rate limits for the REST API"). What the
// body of a secondary limit says, older servers call abuse.
var meter = forge.Meter{
	Limit: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset", Resource: "X-RateLimit-Resource",
	Refused: regexp.MustCompile(`(?i)secondary[ -]rate[ -]limit|abuse[ -](detection|rate[ -]limit)`),
}
