package probe

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Report is what a run found out.
type Report struct {
	Answers []Answer
	Left    []string // addresses of what could not be taken away
	Closed  int      // pull requests that stay, closed
}

// Answer is what came of one question.
type Answer struct {
	Question string // its key among the words
	Sent     []Exchange
	Facts    []Fact
	Settled  []Setting
	Failed   error // why it could not be tried, or not to its end
}

// Fact is a sentence: its key among the words, and what it is about.
type Fact struct {
	Key  string
	Args []any
}

// Setting is a knob of the doubles as the server has it.
type Setting struct {
	Knob  string
	Value int
}

func (a *Answer) say(key string, args ...any) { a.Facts = append(a.Facts, Fact{key, args}) }

// settle says one of two things, by how a knob stands.
func (a *Answer) settle(knob string, on bool) {
	value := 0
	if on {
		value = 1
	}
	a.Settled = append(a.Settled, Setting{knob, value})
	a.say(fmt.Sprintf("%s=%d", knob, value))
}

// Whole reports whether each question was tried to its end, and nothing is left.
func (r *Report) Whole() bool {
	return len(r.Left) == 0 && len(r.Answers) > 0 && !slices.ContainsFunc(r.Answers, func(a Answer) bool { return a.Failed != nil })
}

// Plan says what Run will do, once Examine was there, in a language.
func (p *Probe) Plan(language string) string {
	pulls := 0
	for _, t := range tasks {
		if !t.gitee || !p.cfg.GitCode {
			pulls++
		}
	}
	return fmt.Sprintf(wordsOf(language).of("plan"), p.cfg.Repo.Slug(), p.cfg.Site, p.self.Login, Prefix, pulls)
}

// Markdown writes a report in a language, English unless it is zh-CN.
func (p *Probe) Markdown(w io.Writer, r Report, language string) error {
	out := &writer{probe: p, words: wordsOf(language), shapes: map[string]int{}}
	out.head(&r)
	for i := range r.Answers {
		out.answer(&r.Answers[i])
	}
	out.end(&r)
	_, err := io.WriteString(w, out.String())
	return err
}

// writer writes a report. What it writes of others goes through clean.
type writer struct {
	strings.Builder
	probe  *Probe
	words  words
	shapes map[string]int // those that were shown, with the number that each was given
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *writer) head(r *Report) {
	p := w.probe
	title := "Gitee"
	if p.cfg.GitCode {
		title = "GitCode"
	}
	w.line("## reviewgate probe: %s\n", title)
	w.line(w.words.of("head"), cmp.Or(p.cfg.Site, "?"), p.cfg.Now().UTC().Format("2006-01-02"), cmp.Or(p.cfg.Version, "?"))
	if len(r.Answers) > 0 {
		w.line("\n%s\n", w.words.of("settings"))
		w.line("| knob | %s |\n| --- | --- |", w.words.of("value"))
		for _, a := range r.Answers {
			for _, s := range a.Settled {
				w.line("| `%s` | %d |", s.Knob, s.Value)
			}
		}
	}
}

func (w *writer) answer(a *Answer) {
	w.line("\n### %s\n", w.words.of(a.Question))
	for _, f := range a.Facts {
		var args []any
		for _, arg := range f.Args {
			if text, is := arg.(string); is {
				arg = short(w.clean(text), maxSent)
			}
			args = append(args, arg)
		}
		w.line("- %s", fmt.Sprintf(w.words.of(f.Key), args...))
	}
	if a.Failed != nil {
		w.line("- "+w.words.of("failed"), short(w.clean(a.Failed.Error()), maxShape))
	}
	if len(a.Sent) == 0 {
		return
	}
	w.line("\n<details><summary>%s</summary>\n\n```", fmt.Sprintf(w.words.of("sent"), len(a.Sent)))
	for _, e := range a.Sent {
		w.line("%s", short(w.clean(e.Sent), maxSent))
		switch {
		case e.Status == 0:
			w.line("  %s", short(w.clean(e.Shape), maxSent))
		case e.Status > 299:
			w.line("  %d %s", e.Status, short(w.clean(e.Shape), maxSent))
		default:
			w.line("  %d %s", e.Status, w.shape(e.Shape))
		}
	}
	w.line("```\n</details>")
}

// longShape is from how many bytes on a shape is shown once, and then by its number.
const longShape = 150

func (w *writer) shape(text string) string {
	text = short(w.clean(text), maxShape)
	if len(text) < longShape {
		return text
	}
	if n := w.shapes[text]; n != 0 {
		return fmt.Sprintf("= (%d)", n)
	}
	w.shapes[text] = len(w.shapes) + 1
	return fmt.Sprintf("(%d) %s", len(w.shapes), text)
}

func (w *writer) end(r *Report) {
	w.line("\n### %s\n", w.words.of("open"))
	for _, key := range open {
		w.line("- %s", w.words.of(key))
	}
	w.line("\n### %s\n", w.words.of("undone"))
	if r.Closed > 0 {
		w.line("- "+w.words.of("closed"), r.Closed)
	}
	for _, address := range r.Left {
		w.line("- "+w.words.of("left"), address)
	}
	if len(r.Left) == 0 {
		w.line("- %s", w.words.of("nothing left"))
	}
}

// clean has a text hold no secret, no address of anybody's, and no name of the account or of the
// repository, and be of one line in which nothing is a fence.
func (w *writer) clean(text string) string {
	p := w.probe
	text = fold(p.hush(text), p.cfg.Repo.Owner+"/"+p.cfg.Repo.Name, "{owner}/{repo}")
	for _, name := range p.self.names() {
		text = fold(text, name, "{account}")
	}
	text = mail.ReplaceAllString(text, "{address}")
	text = mention.ReplaceAllString(text, "$1{account}")
	text = fold(fold(text, p.cfg.Repo.Owner, "{owner}"), p.web(), "{repo}")
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "`", "'")), " ")
}

// How texts name people.
var (
	mail    = regexp.MustCompile(`[\pL\pN._%+-]+@[\pL\pN-]+(\.[\pL\pN-]+)+`)
	mention = regexp.MustCompile(`(^|[^\w}])@[\w-]+`)
)

// keep has nothing tell what is behind the last space of a header, such as a token.
func (p *Probe) keep(header string) {
	p.secrets = append(slices.Clone(p.secrets), header[strings.LastIndexByte(header, ' ')+1:])
}

// hush takes the secrets out of a text.
func (p *Probe) hush(text string) string {
	for _, secret := range p.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "{token}")
		}
	}
	return text
}

// hushed is an error that tells no secret.
func (p *Probe) hushed(err error) error {
	if err == nil || p.hush(err.Error()) == err.Error() {
		return err
	}
	return &hushed{p.hush(err.Error()), err}
}

type hushed struct {
	text string
	err  error
}

func (h *hushed) Error() string { return h.text }
func (h *hushed) Unwrap() error { return h.err }

// fold replaces each occurrence of a name, whatever the case of its letters, unless it is part of a
// longer word. Between two characters of Chinese there is no such part.
func fold(text, name, by string) string {
	if name == "" {
		return text
	}
	var out strings.Builder
	done := 0
	for i := 0; i+len(name) <= len(text); i++ {
		end := i + len(name)
		if strings.EqualFold(text[i:end], name) && (i == 0 || !inWord(text[i-1], name[0])) &&
			(end == len(text) || !inWord(name[len(name)-1], text[end])) {
			out.WriteString(text[done:i] + by)
			done, i = end, end-1
		}
	}
	return out.String() + text[done:]
}

// inWord reports whether two bytes that follow each other are of one word.
func inWord(a, b byte) bool { return isWord(a) && isWord(b) }

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
