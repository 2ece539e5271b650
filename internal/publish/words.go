package publish

import (
	"cmp"
	"embed"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

//go:embed locales/*.yml
var locales embed.FS

// Languages are those that the gate speaks; the first stands in for others.
var languages = [...]string{"en", "zh-CN"}

// Messages says things in a language. It is safe for concurrent use.
type Messages struct {
	speakers map[string]voice
	limits   Limits
	links    Links
	usual    string // the language that stands in for none
}

// NewMessages reads the embedded messages. An error means that the build is
// broken.
func NewMessages() (*Messages, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yml", yaml.Unmarshal)
	w := &Messages{speakers: map[string]voice{}, limits: usual, usual: languages[0]}
	for _, l := range languages {
		file, err := bundle.LoadMessageFileFS(locales, "locales/"+l+".yml")
		if err != nil {
			return nil, fmt.Errorf("load words of %s: %w", l, err)
		}
		w.speakers[l] = voice{i18n.NewLocalizer(bundle, l), map[string]bool{}}
		for _, m := range file.Messages {
			w.speakers[l].plurals[m.ID] = m.One != ""
		}
	}
	return w, nil
}

// voice is one language. plurals are the messages that say one as another number.
type voice struct {
	*i18n.Localizer
	plurals map[string]bool
}

// Within returns words that say the same within the limits of a forge.
func (w *Messages) Within(limits Limits) *Messages {
	out := *w
	out.limits = limits.OrUsual()
	return &out
}

// Speaking returns words that say in a language what is said in none.
func (w *Messages) Speaking(lang string) *Messages {
	out := *w
	out.usual = cmp.Or(lang, w.usual)
	return &out
}

// Leading returns words that say the same with links.
func (w *Messages) Leading(links Links) *Messages {
	out := *w
	out.links = links
	return &out
}

// printer says things in one language.
type printer struct {
	voice   voice
	limits  Limits
	links   Links
	chinese bool
}

func (w *Messages) in(lang string) printer {
	if _, known := w.speakers[lang]; !known {
		lang = w.usual
	}
	return printer{w.speakers[lang], w.limits, w.links, lang == "zh-CN"}
}

// data fills in a message: numbers, our own words as strings, and parts as Sentences.
// Count, or else Plural, is the number that the message's form depends on.
type data map[string]any

// text says a message. One that is missing shows its id, so that the rest of a page stays
// readable.
func (s printer) text(id string, d data) Sentence {
	var parts filling
	fill := make(map[string]any, len(d))
	for key, value := range d {
		if sentence, ok := value.(Sentence); ok {
			value = parts.mark(sentence)
		}
		fill[key] = value
	}
	var plural any
	if s.voice.plurals[id] {
		plural = cmp.Or(d["Plural"], d["Count"])
	}
	message, err := s.voice.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: fill, PluralCount: plural})
	if err != nil && message == "" {
		return text(id)
	}
	return parts.parse(message)
}

// mostReason is how many characters of somebody's own words a message quotes.
const mostReason = 500

// Note says a note, in a language.
func (w *Messages) Note(language string, n policy.Note) Sentence { return w.in(language).note(n) }

func (s printer) note(n policy.Note) Sentence {
	d := data{
		"Who": word(n.Who), "Subsystem": name(n.Subsystem), "Path": word(n.Path), "Commit": s.commit(n.Commit), "CommitText": word(n.Commit),
		"By": word(n.By), "Limit": n.Limit, "At": day(n.At), "Text": Sentence{{Kind: kindOf(n.Code), Text: clip(n.Text, mostReason)}},
	}
	if said := s.ownWords(n.Text); n.Code == policy.NoteTeamUnread && said != nil {
		d["Text"] = said
	}
	if n.Code == policy.NoteFloor {
		d["Text"] = s.threshold(n.Text)
	}
	if n.Team != "" {
		d["Team"] = word("@" + n.Team)
	}
	if d["Count"] = n.Count; n.Code == policy.NoteBelow {
		d["Plural"] = n.Limit
	}
	return s.text("note."+string(n.Code), d)
}

// kindOf is what a note's text is: somebody's own words, or names.
func kindOf(c policy.Code) Kind {
	switch c { //nolint:exhaustive // the others are of names
	case policy.NoteOverride, policy.NoteLift, policy.NoteNearMiss, policy.NoteBadScope, policy.NoteNoSuchPath, policy.NoteTeamUnread:
		return Quote
	}
	return Name
}

// commit is a commit by its first digits.
func (s printer) commit(id string) Sentence {
	return Sentence{{Kind: Code, Text: short(id), URL: s.links.commit(id)}}
}

// clauses joins what is said of one thing.
func (s printer) clauses(list []Sentence) Sentence { return join(list, s.either("; ", "；")) }

func (s printer) either(en, zh string) string {
	if s.chinese {
		return zh
	}
	return en
}

// names joins names, and says how many are left out beyond the most.
func (s printer) names(list []string, most int, more string, show func(string) Sentence) Sentence {
	shown := make([]Sentence, 0, min(len(list), most+1))
	for i, n := range list {
		if i == most {
			shown = append(shown, s.text(more, data{"Count": len(list) - most}))
			break
		}
		shown = append(shown, show(n))
	}
	return join(shown, s.either(", ", "、"))
}

// short is the first twelve digits of a commit id.
func short(id string) string { return id[:min(len(id), 12)] }

// Links are where things are to be seen on a forge: templates in which {repo}, {number},
// {commit}, {path} and {line} stand for what is meant. Of those that are empty there is
// nothing to be seen.
type Links struct {
	Commit string `json:"commit,omitempty"`
	File   string `json:"file,omitempty"`
	Checks string `json:"checks,omitempty"` // of a pull request

	own []string // files of which File leads to the lines
}

// Of returns the links of one pull request of a repository. own are the files at the tip of
// its base branch, tip, that rules are read from.
func (l Links) Of(ref pull.Ref, tip string, own []string) Links {
	fill := strings.NewReplacer("{repo}", ref.Repo.Slug(), "{number}", strconv.Itoa(ref.Number), "{commit}", tip)
	return Links{Commit: strings.ReplaceAll(l.Commit, "{repo}", ref.Repo.Slug()), File: fill.Replace(l.File), Checks: fill.Replace(l.Checks),
		own: own}
}

// pos leads to a line of a file; empty for one of another repository.
func (l Links) pos(p ownership.Pos) string {
	if l.File == "" || !slices.Contains(l.own, p.File) {
		return ""
	}
	return strings.NewReplacer("{path}", (&url.URL{Path: p.File}).EscapedPath(), "{line}", strconv.Itoa(p.Line)).Replace(l.File)
}

func (l Links) commit(id string) string {
	if l.Commit == "" || len(id) < 40 {
		return ""
	}
	return strings.ReplaceAll(l.Commit, "{commit}", id)
}

// people lists people by login.
func (s printer) people(logins []string) Sentence {
	return s.names(logins, mostPeople, "file.more_people", word)
}

// oneOf names people of whom one is enough.
func (s printer) oneOf(people []string) Sentence { return s.anyOf(s.each(people, mostPeople, word)) }

// anyOf joins what is one or another: "`x`", or "`x` or `y`".
func (s printer) anyOf(people []Sentence) Sentence {
	if n := len(people); n > 1 {
		last := join(people[n-2:], s.either(" or ", " 或 "))
		people = append(people[:n-2:n-2], last)
	}
	return join(people, s.either(", ", "、"))
}

// title is how a subsystem is called: by its title, and its name where that is another.
func title(row *policy.SubsystemVerdict) string { return cmp.Or(row.Title, row.Name) }
