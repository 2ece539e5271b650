package tables

import (
	"context"
	"fmt"
	"time"

	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/store"
)

// Session implements history.Sessions.
func (r *Records) Session(ctx context.Context, key string, now time.Time) (s history.Session, found bool, err error) {
	found, err = Row(ctx, r.db, []any{&s.Key, &s.Forge, &s.Who.ID, &s.Who.Login, (*store.Micros)(&s.Until), (*store.Micros)(&s.Expires)},
		`SELECT key, forge, person, login, until, expires_at FROM session WHERE key = $1 AND expires_at > $2`, key, store.Micros(now))
	if err != nil {
		return history.Session{}, false, fmt.Errorf("read a session: %w", r.d.Explain(err))
	}
	return s, found, nil
}

// SaveSession implements history.Sessions.
func (r *Records) SaveSession(ctx context.Context, s history.Session) error {
	err := r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		if err := Execute(ctx, tx, `INSERT INTO session (key, forge, person, login, until, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (key) DO UPDATE SET expires_at = $6`,
			s.Key, s.Forge, s.Who.ID, r.d.Text(s.Who.Login), store.Micros(s.Until), store.Micros(s.Expires)); err != nil {
			return err
		}
		return Execute(ctx, tx, `DELETE FROM session WHERE forge = $1 AND login = $2 AND key NOT IN
			(SELECT key FROM session WHERE forge = $1 AND login = $2 ORDER BY until DESC, key LIMIT $3)`,
			s.Forge, r.d.Text(s.Who.Login), history.MaxSessions)
	})
	if err != nil {
		return fmt.Errorf("save a session: %w", err)
	}
	return nil
}

// DropSession implements history.Sessions.
func (r *Records) DropSession(ctx context.Context, key string) error {
	err := r.engine.Write(ctx, func(ctx context.Context, tx DB) error {
		return Execute(ctx, tx, `DELETE FROM session WHERE key = $1`, key)
	})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}
