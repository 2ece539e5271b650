package maintainers

import (
	"fmt"
	"strconv"
	"strings"
)

// misspelt tells what to write instead of a title that was surely meant as
// another line; empty for a title as it should be. adjacent: a typed line stands
// directly above it.
func misspelt(line string, adjacent bool) string {
	text := strings.TrimLeft(line, white)
	indented := text != line
	if letter, _, ok := split(text); ok && indented {
		return fmt.Sprintf("write %c: at the start of the line", letter)
	}
	word, value, colon := strings.Cut(strings.Replace(text, "：", ":", 1), ":")
	word = strings.TrimRight(word, white)
	switch {
	case colon && isLetter(word):
		return fmt.Sprintf("write %s: and the value", strings.ToUpper(word))
	case colon && len(word) == 2 && word[0] == word[1] && isLetter(word[:1]):
		return fmt.Sprintf("write %s: and the value", strings.ToUpper(word[:1]))
	case colon && adjacent && value != "" && !strings.ContainsAny(word, white):
		return "a type is one capital letter, such as F: or M:; before a title leave a blank line"
	}
	first, second, _ := strings.Cut(text, " ")
	if before, after, ok := strings.Cut(text, "\t"); ok && len(before) < len(first) {
		first, second = before, after
	}
	switch {
	case len(first) == 1 && strings.IndexByte("MRLSFXNKWQBCPT", first[0]) >= 0 && (adjacent || strings.ContainsAny(second, "/@*")):
		return fmt.Sprintf("write %s: and the value", first)
	case indented && adjacent:
		return "no line goes on in the next one; before a title leave a blank line"
	}
	return ""
}

func isLetter(word string) bool {
	return len(word) == 1 && (word[0] >= 'A' && word[0] <= 'Z' || word[0] >= 'a' && word[0] <= 'z')
}

func quote(text string) string { return strconv.Quote(text) }
