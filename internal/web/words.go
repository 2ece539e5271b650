package web

import (
	"embed"
	"fmt"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

//go:embed locales/*.yml
var locales embed.FS

// words are what pages say besides what the gate says.
type words struct{ speakers map[string]*i18n.Localizer }

func newWords() (*words, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yml", yaml.Unmarshal)
	w := &words{map[string]*i18n.Localizer{}}
	for _, l := range []string{"en", "zh-CN"} {
		if _, err := bundle.LoadMessageFileFS(locales, "locales/"+l+".yml"); err != nil {
			return nil, fmt.Errorf("load the words of pages in %s: %w", l, err)
		}
		w.speakers[l] = i18n.NewLocalizer(bundle, l)
	}
	return w, nil
}

// say says a message; arguments are the names and values of what fills it in, in turn, Count
// among them where there is a number. One that is missing shows its id.
func (w *words) say(lang, id string, fill ...any) string {
	data, count := map[string]any{}, any(nil)
	for i := 0; i+1 < len(fill); i += 2 {
		if data[fmt.Sprint(fill[i])] = fill[i+1]; fill[i] == "Count" {
			count = fill[i+1]
		}
	}
	text, err := w.speakers[lang].Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data, PluralCount: count})
	if err != nil && text == "" {
		return id
	}
	return text
}
