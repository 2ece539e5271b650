package publish

import (
	"embed"
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/policy"
)

//go:embed locales/*.yml
var locales embed.FS

// Languages are those that the gate speaks; the first stands in for others.
var languages = [...]string{"en", "zh-CN"}

// Words says things in a language. It is safe for concurrent use.
type Words struct {
	speakers map[string]*i18n.Localizer
	limits   Limits
}

// NewWords reads the embedded messages. An error means that the build is
// broken.
func NewWords() (*Words, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yml", yaml.Unmarshal)
	w := &Words{speakers: map[string]*i18n.Localizer{}, limits: usual}
	for _, l := range languages {
		if _, err := bundle.LoadMessageFileFS(locales, "locales/"+l+".yml"); err != nil {
			return nil, fmt.Errorf("load words of %s: %w", l, err)
		}
	}
	for _, l := range languages {
		w.speakers[l] = i18n.NewLocalizer(bundle, l)
	}
	return w, nil
}

// Within gives words that say the same within the limits of a forge.
func (w *Words) Within(limits Limits) *Words {
	return &Words{speakers: w.speakers, limits: limits.OrUsual()}
}

// speaker says things in one language.
type speaker struct {
	localizer *i18n.Localizer
	limits    Limits
}

func (w *Words) in(lang string) speaker {
	if s := w.speakers[lang]; s != nil {
		return speaker{s, w.limits}
	}
	return speaker{w.speakers[languages[0]], w.limits}
}

// data fills in a message.
type data map[string]any

// say gives a message. A message that is missing shows its id, so that the
// rest of a page stays readable.
func (s speaker) say(id string, d data) string {
	text, err := s.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: d})
	if err != nil && text == "" {
		return id
	}
	return text
}

// Note says a note in Markdown, in a language.
func (w *Words) Note(language string, n policy.Note) string { return w.in(language).note(n) }

// note says a note in Markdown.
func (s speaker) note(n policy.Note) string {
	return s.say("note."+string(n.Code), data{
		"Who": code(n.Who), "Subsystem": plain(n.Subsystem), "Path": code(n.Path), "Team": code("@" + n.Team),
		"Commit": code(short(n.Commit)), "CommitText": plain(n.Commit), "By": code(n.By), "Count": n.Count, "Limit": n.Limit,
		"At": n.At.UTC().Format("2006-01-02"), "Text": plain(n.Text),
	})
}

// names joins names, and says how many are left out beyond the most.
func (s speaker) names(list []string, most int, more string, show func(string) string) string {
	shown := make([]string, 0, len(list))
	for i, name := range list {
		if i == most {
			shown = append(shown, s.say(more, data{"Count": len(list) - most}))
			break
		}
		shown = append(shown, show(name))
	}
	return strings.Join(shown, ", ")
}

// short gives the first twelve digits of a commit id.
func short(id string) string { return id[:min(len(id), 12)] }
