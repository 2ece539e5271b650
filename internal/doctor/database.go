package doctor

import (
	"fmt"
	"strings"
)

// Database is what was read of the service's database.
type Database struct {
	Name string // what and where it is, without a password
	// Absent tells that an SQLite file is not there yet.
	Absent bool
	// Fault says why it can't be used, as seen from here; empty if it can.
	Fault string
	// Version is that of its tables, Needed that of this program; Empty tells that there
	// are no tables, and Newer that they are of a later program.
	Version, Needed string
	Empty, Newer    bool
	// Open are the files of an SQLite database that others can read or write, with
	// their modes.
	Open []string
	// Directory says why the directory of an SQLite database can't be written to;
	// empty if it can, or there is none.
	Directory string
}

// OfDatabase finds out what is wrong with a database.
func OfDatabase(d Database) []Finding {
	n := &notes{}
	const check = "database"
	if d.Directory != "" {
		n.add(check, Error, "the directory of the database can't be written to: "+d.Directory,
			"the service stores each webhook before it is answered, and files beside the database",
			"give it to the service's user, or run this command as that user")
	}
	switch {
	case d.Fault != "":
		n.add(check, Error, "the database can't be used: "+d.Fault, "the service does not start without",
			"mend database: of the configuration, or start the server; run this command as the service's user")
		return n.list
	case d.Absent && d.Directory == "":
		n.ok(check, "%s is not there yet; the service makes it", d.Name)
		return n.list
	case d.Absent:
		return n.list
	case d.Newer:
		n.add(check, Error, fmt.Sprintf("the database has version %s, and this program knows %s", d.Version, d.Needed),
			"this program refuses it: its tables may mean something else", "run the newer program, or restore a backup from before the upgrade")
	case d.Empty:
		n.ok(check, "%s answers, and has no tables yet; the service makes them", d.Name)
	case d.Version != d.Needed:
		n.add(check, Warning, fmt.Sprintf("the database has version %s, and this program needs %s", d.Version, d.Needed),
			"it is of an older program", "start the service, or run `reviewgate admin migrate`: both bring it up to date")
	default:
		n.ok(check, "%s answers, with version %s", d.Name, d.Version)
	}
	if len(d.Open) > 0 {
		n.add("file_modes", Warning, "others can read or write "+strings.Join(d.Open, ", "),
			"the database holds policies, maps and paths of private repositories",
			"run chmod 600 on it and the files beside it while the service is stopped, unless that is meant")
	}
	return n.list
}
