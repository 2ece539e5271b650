package gate

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// attributesFile marks generated files; those in directories below count for
// their directory.
const attributesFile = ".gitattributes"

// generated reads which files the base branch declares generated, where the
// policy leaves them out of the count.
func (g *Gate) generated(ctx context.Context, l *loaded) (err error) {
	s := &l.snapshot
	if s.Rules.Generated != policy.GeneratedIgnore || len(s.Faults) > 0 {
		return nil
	}
	l.attributes, err = g.attributes(ctx, l)
	return err
}

// attributes reads .gitattributes of the root and of every directory on the way
// to a changed file.
func (g *Gate) attributes(ctx context.Context, l *loaded) (attributes, error) {
	req := &l.snapshot.Request
	var files []string
	seen := map[string]bool{}
	for _, f := range req.Files {
		for _, p := range f.Paths() {
			for dir := path.Dir(p); !seen[dir]; dir = path.Dir(dir) { // a directory brings its parents
				seen[dir] = true
				files = append(files, path.Join(dir, attributesFile))
			}
		}
	}
	slices.SortFunc(files, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")), strings.Compare(a, b))
	})
	entries, err := g.cfg.Archive.Entries(ctx, req.Ref.Repo, req.BaseTip, files)
	if err != nil {
		return nil, err
	}
	var all attributes
	for _, name := range files {
		if entries[name].ID == "" {
			continue
		}
		l.nested.setPath(name, entries[name].ID)
		data, err := g.blob(ctx, req.Ref.Repo, entries[name])
		if err != nil {
			return nil, err
		}
		all = append(all, parseAttributes(path.Dir(name), data)...)
	}
	return all, nil
}

// attribute is one line that says whether paths are generated.
type attribute struct {
	pattern   glob.Pattern
	generated bool
}

// attributes are such lines, the last that matches counts (gitattributes(5)).
type attributes []attribute

// mark marks the files that are generated; a rename only if both its paths are.
func (a attributes) mark(files []pull.File) {
	for i := range files {
		f := &files[i]
		f.Generated = !slices.ContainsFunc(f.Paths(), func(p string) bool { return !a.generated(p) })
	}
}

func (a attributes) generated(p string) bool {
	for _, line := range slices.Backward(a) {
		if line.pattern.Match(p) {
			return line.generated
		}
	}
	return false
}

// parseAttributes reads the lines about linguist-generated. A line whose
// pattern is not understood marks nothing: its files are counted.
func parseAttributes(dir string, data []byte) attributes {
	var out attributes
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, `"`) && strings.Contains(line, "-linguist-generated") {
			out = append(out, attribute{everything(dir), false}) // which files it counts again is not understood
			continue
		}
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") || strings.HasPrefix(fields[0], `"`) || strings.HasPrefix(fields[0], "!") || strings.HasSuffix(fields[0], "/") {
			continue
		}
		for _, f := range fields[1:] {
			value, ok := generatedValue(f)
			if !ok {
				continue
			}
			pattern, err := glob.Compile(attributePattern(dir, fields[0]))
			if err == nil {
				out = append(out, attribute{pattern, value})
			}
		}
	}
	return out
}

// everything matches all files of a directory and below.
func everything(dir string) glob.Pattern {
	p, err := glob.Compile(attributePattern(dir, "/**"))
	if err != nil {
		return glob.Pattern{} // unreachable: a quoted directory and a constant
	}
	return p
}

func generatedValue(field string) (value, ok bool) {
	switch field {
	case "linguist-generated", "linguist-generated=true":
		return true, true
	case "-linguist-generated", "!linguist-generated", "linguist-generated=false":
		return false, true
	}
	return false, false
}

// attributePattern anchors a pattern as git does: one with a slash at its
// directory, one without at any depth below it. Git knows no braces.
func attributePattern(dir, text string) string {
	text = strings.NewReplacer("{", `\{`, "}", `\}`).Replace(text)
	anchored := strings.Contains(text, "/")
	text = strings.TrimPrefix(text, "/")
	if !anchored {
		text = "**/" + text
	}
	if dir != "." {
		text = strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, "{", `\{`).Replace(dir) + "/" + text
	}
	return text
}
