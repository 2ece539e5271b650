package validation

import (
	"io"
	"strings"

	"github.com/reviewgate/reviewgate/internal/terminal"
)

// Text says what was found out, in plain text for a terminal.
func Text(files []File) string {
	var b strings.Builder
	for _, f := range files {
		for _, fault := range f.Faults {
			terminal.Fprintf(&b, "%s\n", fault)
		}
		if len(f.Faults) == 0 {
			terminal.Fprintf(&b, "%s: valid %s\n", f.Path, f.Kind)
		}
		for _, a := range f.Advice {
			terminal.Fprintf(&b, "  advice: %s\n", a)
		}
	}
	return b.String()
}

// Annotate has GitHub show what was found out at its lines.
func Annotate(w io.Writer, files []File) {
	for _, f := range files {
		for _, fault := range f.Faults {
			terminal.Annotate(w, "error", fault.File, fault.Line, fault.Text)
		}
		for _, a := range f.Advice {
			terminal.Annotate(w, "notice", a.File, a.Line, a.Text)
		}
	}
}
