package store

import (
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"
)

// Versions are the numbers of the last migrations of our tables and of River's.
type Versions struct{ Ours, Rivers int64 }

func (v Versions) String() string { return fmt.Sprintf("%d.%d", v.Ours, v.Rivers) }

// Newest are the versions that this program is built for.
func Newest[T any](ours *goose.Provider, rivers *rivermigrate.Migrator[T]) (v Versions) {
	for _, source := range ours.ListSources() {
		v.Ours = max(v.Ours, source.Version)
	}
	for _, m := range rivers.AllVersions() {
		v.Rivers = max(v.Rivers, int64(m.Version))
	}
	return v
}

// Current returns the versions of a database; version reads that of a table, 0
// where it is not there.
func Current(version func(table, query string) (int64, error)) (v Versions, err error) {
	for _, of := range []struct {
		table, query string
		into         *int64
	}{
		{"goose_db_version", `SELECT coalesce(max(version_id), 0) FROM goose_db_version`, &v.Ours},
		{"river_migration", `SELECT coalesce(max(version), 0) FROM river_migration WHERE line = 'main'`, &v.Rivers},
	} {
		if *of.into, err = version(of.table, of.query); err != nil {
			return v, fmt.Errorf("read version of %s: %w", of.table, err)
		}
	}
	return v, nil
}

// RefuseNewer fails if a database was migrated by a later version of this
// program: its tables may mean something else than we think.
func (v Versions) RefuseNewer(have Versions) error {
	if have.Ours > v.Ours || have.Rivers > v.Rivers {
		return fmt.Errorf("the database has version %s and this program knows %s; run the newer program, or restore a backup from before "+
			"the upgrade", have, v)
	}
	return nil
}

// Need fails unless a database has the versions that this program is built for.
func (v Versions) Need(have Versions) error {
	if have != v {
		return fmt.Errorf("the database has version %s, this program needs %s; start it again", have, v)
	}
	return nil
}
