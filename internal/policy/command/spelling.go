package command

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// How people write commands, and nearly write them (package policy, §3, "Commands").

// breaks are what ends a line to some reader: not only a line feed.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// hidden reports whether a character is not seen: Unicode's Default_Ignorable, and
// whatever else only formats.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cc, r) && !unicode.IsSpace(r)
}

// fold returns a word as it looks: compatible forms such as full width made plain, in
// lower case, without what is not seen.
func fold(word string) string {
	return strings.ToLower(norm.NFKC.String(strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, word)))
}

// slashes look like the slash that commands begin with; the first two are one.
const slashes = "/／⁄∕⧸╱⟋\\＼"

// plainSlash reports whether a character is the slash of commands.
func plainSlash(r rune) bool { return r == '/' || r == '／' }

// listMark is what begins an item of a list, a task or a heading, with the space
// behind it.
var listMark = regexp.MustCompile(
	`^(?:[-*+•·‣◦–—][\p{Z}\t]+|[•·‣◦][\p{Z}\t]*|[0-9]{1,9}[.)][\p{Z}\t]+|#{1,6}[\p{Z}\t]+|\[[ xX]\][\p{Z}\t]*)`)

// leading cuts off what stands before the text of a line: space, what is not seen and
// marks of lists. quoted tells that the text is somebody else's.
func leading(line string) (text string, quoted bool) {
	for {
		line = strings.TrimLeftFunc(line, func(r rune) bool { return unicode.IsSpace(r) || hidden(r) })
		if strings.HasPrefix(line, ">") {
			return line, true
		}
		mark := listMark.FindString(line)
		if mark == "" {
			return line, false
		}
		line = line[len(mark):]
	}
}

// emphasis is what may stand around a command, or around its verb alone, such as ** or
// a code span's `.
var emphasis = regexp.MustCompile("^[*_`]{1,6}")

// cutEmphasis takes emphasis away that opens a line and ends with it or with its first
// word.
func cutEmphasis(line string) string {
	mark := emphasis.FindString(line)
	rest := strings.TrimRightFunc(line[len(mark):], unicode.IsSpace)
	if mark == "" {
		return line
	}
	closing := reversed(mark)
	word := rest
	if i := strings.IndexFunc(rest, unicode.IsSpace); i >= 0 {
		word = rest[:i]
	}
	switch {
	case strings.HasSuffix(word, closing):
		return strings.TrimSuffix(word, closing) + rest[len(word):]
	case strings.HasSuffix(rest, closing):
		return strings.TrimSuffix(rest, closing)
	}
	return line
}

func reversed(text string) string {
	runes := []rune(text)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

// codeSpan is code within a line (CommonMark, "Code spans").
var codeSpan = regexp.MustCompile("``[^`]+``|`[^`]+`")

// nearlyApproves reports whether a line outside of code and quotes may be meant as
// /approve with a scope, and is none.
func nearlyApproves(text string) bool {
	if opensWithVerb(text) {
		return true
	}
	text = codeSpan.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat("`", len(s)) })
	if within(text) {
		return true
	}
	plain := html.UnescapeString(text)
	return plain != text && (opensWithVerb(plain) || within(plain))
}

// opensWithVerb reports whether a line begins with what looks like a slash, or with
// several, and a verb.
func opensWithVerb(text string) bool {
	text = strings.TrimLeft(strings.TrimPrefix(text, "~~"), "*_`\"'“”‘’«»„(（[<!！")
	rest := strings.TrimLeftFunc(text, func(r rune) bool {
		return strings.ContainsRune(slashes, r) || unicode.IsSpace(r) || hidden(r)
	})
	return strings.ContainsFunc(text[:len(text)-len(rest)], func(r rune) bool { return strings.ContainsRune(slashes, r) }) &&
		looksLikeVerb(rest)
}

// within reports whether a verb stands after other words, with no path around it.
func within(text string) bool {
	before := rune(-1)
	beforeThat := rune(-1)
	for i, r := range text {
		if before >= 0 && strings.ContainsRune(slashes, r) && (!joins(beforeThat, before) || writtenBreak.MatchString(text[max(0, i-3):i])) &&
			looksLikeVerb(text[i+len(string(r)):]) {
			return true
		}
		if !hidden(r) {
			beforeThat, before = before, r
		}
	}
	return false
}

// writtenBreak is the end of a line as shells and workflows leave it where it is not read
// as one.
var writtenBreak = regexp.MustCompile(`(?:\\[nrt]|%0[AaDd])$`)

// joins reports whether a slash goes on with a path or an address after a character:
// the second of two.
func joins(first, r rune) bool {
	if r == '(' {
		return first == ']' // a link
	}
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("_-./~%+=&?#@\\", r)
}

// verbWindow is how much of a text is looked at for a verb and something behind it, in
// bytes: a line may be long and full of slashes.
const verbWindow = 256

// looksLikeVerb reports whether text begins with what looks like the verb of an approval
// and something stands behind it.
func looksLikeVerb(text string) bool {
	if len(text) > verbWindow {
		text = strings.ToValidUTF8(text[:verbWindow], "")
	}
	word := text
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		word = text[:i]
	}
	behind := strings.TrimSpace(text[len(word):]) != ""
	head, tail := cutHead(fold(word))
	if !likeApprove(head) && !likeLGTM(head) {
		return false
	}
	runes := []rune(tail)
	switch {
	case strings.HasPrefix(tail, "/") && !glued(head), strings.HasPrefix(tail, ".") && len(runes) > 1 &&
		(unicode.IsLetter(runes[1]) || unicode.IsDigit(runes[1])):
		return false // a path
	}
	return behind || strings.Trim(tail, ".!?。！？~*_`)）]>\"'”’»") != ""
}

// glued reports whether a verb runs into the word behind it.
func glued(head []rune) bool {
	return len(head) > len("approve") && string(head[:len("approve")]) == "approve"
}

// lookAlikes are characters that stand for letters.
var lookAlikes = strings.NewReplacer("0", "o", "3", "e", "4", "a", "@", "a", "1", "l", "|", "l", "7", "t", "$", "s")

// cutHead divides a folded word after its letters.
func cutHead(word string) (head []rune, tail string) {
	word = lookAlikes.Replace(word)
	end := strings.IndexFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if end < 0 {
		end = len(word)
	}
	for _, r := range word[:end] {
		if !unicode.IsMark(r) {
			head = append(head, r)
		}
	}
	return head, word[end:]
}

// likeApprove reports whether letters look like "approve": one is wrong, missing, too
// many or in the wrong place, or two are after the first, or more of them follow.
func likeApprove(head []rune) bool {
	const verb = "approve"
	switch d := distance(head, verb); {
	case d <= 1:
		return true
	case d == 2:
		return same(head[0], 'a')
	}
	for n := len(verb) - 1; n <= len(verb)+1 && n <= len(head); n++ {
		if near(1, head[:n], verb) {
			return true
		}
	}
	return false
}

func likeLGTM(head []rune) bool { return near(1, head, "lgtm") }

// alphabetic reports whether a letter of another script may pass for a Latin one.
func alphabetic(r rune) bool {
	return r > unicode.MaxASCII && unicode.IsLetter(r) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo, unicode.Yi)
}

// same reports whether a letter is, or may pass for, a Latin one.
func same(r, of rune) bool { return r == of || alphabetic(r) }

// near reports whether a word is so near to a verb. Most differ in length already.
func near(most int, word []rune, verb string) bool {
	return len(word) <= len(verb)+most && len(word) >= len(verb)-most && distance(word, verb) <= most
}

// distance counts how many letters are wrong, missing, too many or swapped with
// their neighbours (optimal string alignment). It is asked of each line of each comment,
// so it takes no memory of its own. A word that is far too long is as far away as it is
// long.
func distance(word []rune, verb string) int {
	const longest = len("overridecancel")
	if len(word) > 2*len(verb) {
		return len(word)
	}
	var rows [3][longest + 1]int // the last but one, the last and this one, in turn
	for j := range len(verb) + 1 {
		rows[0][j] = j
	}
	for i := range word {
		before, last, row := &rows[(i+2)%3], &rows[i%3], &rows[(i+1)%3]
		row[0] = i + 1
		for j := range len(verb) {
			of := rune(verb[j]) // an ASCII letter
			wrong := 1
			if same(word[i], of) {
				wrong = 0
			}
			d := min(last[j]+wrong, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && word[i] == rune(verb[j-1]) && word[i-1] == of {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
		}
	}
	return rows[len(word)%3][len(verb)]
}

// cancels reports whether a line, whatever stands behind, looks like the cancellation of
// an override.
func cancels(text string) bool {
	var letters [2][]rune
	for i, word := range strings.FieldsFunc(fold(text), unicode.IsSpace) {
		if i == len(letters) {
			break
		}
		for _, r := range lookAlikes.Replace(word) {
			if unicode.IsLetter(r) {
				letters[i] = append(letters[i], r)
			}
		}
	}
	over, cancel := letters[0], letters[1]
	for _, pair := range [][2][]rune{{over, cancel}, {cancel, over}} {
		if near(2, pair[0], "override") && (near(1, pair[1], "cancel") || strings.HasPrefix(string(pair[1]), "cancel")) {
			return true
		}
	}
	joined := append(append([]rune{}, over...), cancel...)
	return near(2, over, "overridecancel") || near(2, over, "canceloverride") ||
		len(cancel) > 0 && (near(2, joined, "overridecancel") || near(2, joined, "canceloverride"))
}

// cutWord reports whether a text without space is a word, or begins with one that punctuation ends,
// as Chinese has none of the spaces that others write there: "hold，看一下锁". What joins words or
// parts of a path goes on with one, and what asks says nothing. It returns what stands behind.
func cutWord(text, word string) (rest string, is bool) {
	after, is := strings.CutPrefix(fold(text), word)
	ends := func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }
	i := strings.IndexFunc(text, ends)
	if !is || after == "" || i < 0 {
		return "", is && after == ""
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	mark, _ := utf8.DecodeRuneInString(after)
	rest = text[i+size:]
	joined := strings.ContainsRune("-_/.'’", mark) &&
		strings.ContainsFunc(rest, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
	return rest, ends(mark) && !joined && !strings.ContainsRune("?\\", mark)
}

// spelt are the commands that are long enough to be told from other words when they are
// misspelt.
var spelt = [...]Verb{VerbApprove, VerbOverride, VerbRecheck}

// ofOthers are commands of other tools, and words of theirs, that are near to ours: Prow's
// (prow.k8s.io/command-help), GitLab's quick actions, and those of CI bots and reviewing
// assistants that are often beside this gate.
var ofOthers = []string{"approver", "approvers", "approvals", "unapprove", "check", "precheck", "improve"}

// misspelt returns the command that a line nearly begins with, with its slash; empty if
// there is none. One letter may be wrong, or two in a word that is no longer than the
// command: what is longer is mostly a word of its own.
func misspelt(text string) string {
	word := firstWord(text)
	if word == "" {
		return ""
	}
	_, size := utf8.DecodeRuneInString(word)
	bare := []rune(strings.TrimRight(fold(word[size:]), ".,:;!?。，：；！？"))
	if slices.Contains(ofOthers, string(bare)) {
		return ""
	}
	for _, verb := range spelt {
		most := 1
		if len(bare) > 0 && len(bare) <= len(verb) && same(bare[0], rune(verb[0])) {
			most = 2
		}
		if near(most, bare, string(verb)) {
			return "/" + string(verb)
		}
	}
	return ""
}

// firstWord is the first word of a line that begins with a slash, as far as messages show
// it; empty for other lines.
func firstWord(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if !plainSlash(first) {
		return ""
	}
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		text = text[:i]
	}
	return clipped(text)
}
