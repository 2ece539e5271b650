package service

import (
	"context"
	"maps"
	"slices"

	"github.com/reviewgate/reviewgate/internal/doctor"
)

// examine looks at each forge as a whole, and logs what is wrong, or that all is
// well. It takes four calls of each App, and one or two for each of its first
// installations; branches are left to the command.
func (s *Service) examine(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Forges)) {
		seen := s.cfg.Forges[name].Examine(ctx, countedAtStart)
		seen.PublicURL = s.cfg.PublicURL
		found := doctor.OfForge(seen)
		s.cfg.Watch.find(found)
		for _, f := range found {
			log := s.cfg.Log.With("forge", f.Forge, "check", f.Check, "what", f.What)
			switch f.Severity {
			case doctor.OK:
				log.InfoContext(ctx, "the set-up is as it should be")
			case doctor.Error:
				log.ErrorContext(ctx, "the set-up has a fault", "why", f.Why, "do", f.Do)
			case doctor.Warning:
				log.WarnContext(ctx, "the set-up may be better", "why", f.Why, "do", f.Do)
			case doctor.CannotTell:
				log.WarnContext(ctx, "the set-up can't be told", "why", f.Why, "do", f.Do)
			}
		}
	}
}
