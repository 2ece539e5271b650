// Package terminal writes text for people to terminals and logs.
//
// Paths, branches, titles and what files say are foreign: whoever opens a pull
// request chooses them. The package promises that no such text moves a cursor,
// hides or reorders characters, ends a line that it did not begin, or is taken for a
// command by the system that keeps the log. Fprintf quotes what is foreign, where it
// has to be; a Writer is the second line of defence, for what was not written by it.
package terminal

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Quote returns a text as it is if it holds nothing but printable characters and is no
// command to a log, else in quotes with escapes, as Go writes strings.
func Quote(s string) string {
	if plain(s) {
		return s
	}
	return strconv.Quote(s)
}

func plain(s string) bool {
	for i, r := range s {
		if !strconv.IsPrint(r) || r == utf8.RuneError && s[i] != 0xEF { // 0xEF: it stands there itself
			return false
		}
	}
	return !strings.HasPrefix(strings.TrimLeft(s, " "), command) && !strings.Contains(s, oldCommand)
}

// Safe is text that is not foreign, or quoted already.
type Safe string

// Fprintf is fmt.Fprintf with every text among the arguments quoted where it has to be:
// strings, lists of strings, errors and whatever has a String method. Whether the
// writer took it is not told.
func Fprintf(w io.Writer, format string, args ...any) {
	for i, arg := range args {
		args[i] = quoted(arg)
	}
	fmt.Fprintf(w, format, args...)
}

func quoted(arg any) any {
	switch v := arg.(type) {
	case nil:
		return nil
	case Safe:
		return string(v)
	case string:
		return Quote(v)
	case []string:
		list := make([]string, len(v))
		for i, s := range v {
			list[i] = Quote(s)
		}
		return strings.Join(list, ", ")
	case error:
		return Quote(v.Error())
	case fmt.Stringer:
		return Quote(v.String())
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
		return Quote(v.String())
	}
	return arg
}

// Lasting says a time in its two largest units.
func Lasting(d time.Duration) string {
	days, hours := d/(24*time.Hour), d%(24*time.Hour)/time.Hour
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, d%time.Hour/time.Minute)
	}
	return cmp.Or(strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s"), "0m")
}
