package codeowners

import "strings"

// comments returns for each line the number of the line at which the C comment
// begins that it stands in; 0 outside of one. /* is a pattern, too: with owners
// behind it, or where nothing closes it, it is no comment.
func (d Dialect) comments(lines []string) []int {
	closed := make([]int, len(lines)+1) // by line: the next that closes a comment
	closed[len(lines)] = len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		if closed[i] = closed[i+1]; closesComment(lines[i]) {
			closed[i] = i
		}
	}
	starts := make([]int, len(lines))
	for i := 0; i < len(lines); i++ {
		end := i
		if !d.opensComment(lines[i]) {
			continue
		}
		if words := strings.Fields(lines[i]); !strings.HasSuffix(words[len(words)-1], "*/") || len(words) == 1 {
			if end = closed[i+1]; end == len(lines) {
				continue
			}
		}
		for j := i; j <= end; j++ {
			starts[j] = i + 1
		}
		i = end
	}
	return starts
}

// opensComment reports whether a line may begin a C comment: /* with nothing
// behind it, or with other words than owners.
func (d Dialect) opensComment(line string) bool {
	words := strings.Fields(line)
	if d == Gitea || len(words) == 0 || !strings.HasPrefix(words[0], "/*") {
		return false
	}
	if len(words) == 1 {
		return strings.Trim(words[0][1:], "*") == ""
	}
	for _, w := range words[1:] {
		if _, is, _ := d.owner(w); is != anOwner {
			return true
		}
	}
	return false
}

// closesComment reports whether a line may end a C comment: */ as a word, or at
// the end of some.
func closesComment(line string) bool {
	words := strings.Fields(line)
	if len(words) == 0 {
		return false
	}
	alone := func(word string) bool {
		stars, slash := strings.CutSuffix(word, "/")
		return slash && stars != "" && strings.Trim(stars, "*") == ""
	}
	return alone(words[0]) || len(words) > 1 && strings.HasSuffix(words[len(words)-1], "*/")
}

// comment tells of a C comment, which begins at a line.
func (p *parser) comment(number int) {
	if p.dialect == GitHub {
		p.warn(number, "a C comment, of which GitHub reads each line as a pattern; write # at the start of each")
		return
	}
	p.fault(number, "a block comment, of which %s reads each line as a pattern; write # at the start of each", p.dialect.title())
}
