package ownersfile

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Ignore says in which directories OWNERS files say nothing, besides those that
// Prow passes over by itself: \.git$, _output$ and vendor/.*/.*, where a project
// keeps the code of others with the OWNERS of others.
//
// As in Prow each expression is one of Go's, is looked for anywhere in the path
// of a directory, and takes all that lies below a directory that it is found in
// (prow/repoowners, "dirDenylist").
type Ignore []*regexp.Regexp

// byDefault are Prow's own (config.OwnersDirDenylist.ListIgnoredDirs).
var byDefault = Ignore{regexp.MustCompile(`\.git$`), regexp.MustCompile(`_output$`), regexp.MustCompile(`vendor/.*/.*`)}

// maxIgnore bounds one expression, in bytes.
const maxIgnore = 1000

// ParseIgnore reads one expression.
func ParseIgnore(text string) (*regexp.Regexp, error) {
	if text == "" || len(text) > maxIgnore {
		return nil, fmt.Errorf("want a regular expression for directories, of at most %d bytes, such as ^third_party$", maxIgnore)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("%w; want a regular expression for directories, such as ^third_party$", err)
	}
	return re, nil
}

// Has reports whether a directory is passed over: it, or one above it.
func (i Ignore) Has(dir string) bool {
	for d := strings.TrimSuffix(dir, "/"); d != "." && d != "/" && d != ""; d = path.Dir(d) {
		found := func(re *regexp.Regexp) bool { return re.MatchString(d) }
		if slices.ContainsFunc(byDefault, found) || slices.ContainsFunc(i, found) {
			return true
		}
	}
	return false
}
