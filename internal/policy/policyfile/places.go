package policyfile

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	repoName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+$`)
	branchName = regexp.MustCompile(`^[^\s:?*\[\\^~=@\x00-\x1f\x7f]+$`)
)

// isBranch reports whether git takes a name for a branch (git check-ref-format
// --branch). Names with @ and =, which git takes, are none of ours.
func isBranch(name string) bool {
	if !branchName.MatchString(name) || name[0] == '-' || strings.HasSuffix(name, ".") || strings.Contains(name, "..") || name == "HEAD" {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// isRepo reports whether a text is "owner/name", and not a way up or to itself.
func isRepo(text string) bool {
	_, name, _ := strings.Cut(text, "/")
	return repoName.MatchString(text) && strings.Trim(name, ".") != ""
}

// isPath reports whether a text names a file in a tree: no empty part, none that
// is a dot or two, and nothing that no file is called. directory allows a slash
// at its end.
func isPath(text string, directory bool) bool {
	if directory {
		text = strings.TrimSuffix(text, "/")
	}
	for part := range strings.SplitSeq(text, "/") {
		if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") {
			return false
		}
	}
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl) && !strings.Contains(text, ":")
}
