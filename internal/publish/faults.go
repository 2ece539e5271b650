package publish

import (
	"regexp"

	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Faults and what a forge refuses are worded in English where they are found. What follows
// says them in other languages: as a whole where the text is one of these, else by their
// kind, with the English text behind it.

// worded are texts of ours, and the messages that say the same: {{.A}} and {{.B}} are what
// the expression's groups match.
var worded = []struct {
	text *regexp.Regexp
	id   string
}{
	{regexp.MustCompile(`^\S+ answers (\d+) for (@\S+): there is no such team, or this credential may not read members$`), "fault.team"},
	{regexp.MustCompile(`^the app is not installed in (\S+), whose team (@\S+) is$`), "fault.no_app"},
	{regexp.MustCompile(`^(?:teams|ownership files in repositories) of (\S+) are not read for repositories of ([^;\s]+);`), "fault.trust"},
	{regexp.MustCompile(`^(?:\S+: )?this gate can't read it: there is no such repository, branch or file`), "fault.elsewhere"},
	{regexp.MustCompile(`^there is no such file at the base branch`), "fault.no_file"},
	{regexp.MustCompile(`^there is no CODEOWNERS at the base branch`), "fault.no_codeowners"},
	{regexp.MustCompile(`^there is no such directory with files at the base branch`), "fault.no_directory"},
	{regexp.MustCompile(`^the base branch (.+) is gone; retarget the pull request$`), "fault.no_base"},
	{regexp.MustCompile(`^the pull request and its base branch have (\d+) merge bases`), "fault.merge_bases"},
	{regexp.MustCompile(`^the pull request has more commits, or met its base branch in more places, than are read`), "fault.long"},
	{regexp.MustCompile(`^the forge's merge base is none of the commits' own$`), "fault.list"},
	{regexp.MustCompile(`^the list of changed files is not whole$`), "fault.list"},
	{regexp.MustCompile(`^the forge lists no changed files, but head and merge base differ$`), "fault.list"},
	{regexp.MustCompile(`^the repository has no default branch`), "fault.no_default"},
	{regexp.MustCompile(`^is a symbolic link`), "fault.link"},
	{regexp.MustCompile(`^is a submodule`), "fault.link"},
	{regexp.MustCompile(`^lies below (\S+), which is`), "fault.below_link"},
	{regexp.MustCompile(`^unknown key (.+); did you mean (.+)\?$`), "fault.did_you_mean"},
	{regexp.MustCompile(`^this gate may not read the organisation's policy`), "fault.org_policy"},
	{regexp.MustCompile(`^want version: 1; this gate reads no other$`), "fault.said_version"},
	{regexp.MustCompile(`^want (?:.+), such as:? (.+)$`), "fault.said_such_as"},
	{regexp.MustCompile(`^unknown key (.+); known here: (.+)$`), "fault.said_known_here"},
	{regexp.MustCompile(`^unknown key (.+); remove it$`), "fault.said_remove_key"},
	{regexp.MustCompile(`^duplicate key (.+) \(first on line (\d+)\)$`), "fault.said_duplicate_key"},
	{regexp.MustCompile(`^missing value: set one or remove the key$`), "fault.said_missing_value"},
	{regexp.MustCompile(`^anchors and aliases are not read`), "fault.said_anchors"},
	{regexp.MustCompile(`^nested more than (\d+) levels deep$`), "fault.said_nested"},
	{regexp.MustCompile(`^the file is empty`), "fault.said_empty_file"},
	{regexp.MustCompile(`^a second document; keep one`), "fault.said_second_document"},
	{regexp.MustCompile(`^and (\d+) more$`), "fault.said_and_more"},
	{regexp.MustCompile(`^(.+) is unknown here; write one of (.+)$`), "fault.said_one_of"},
	{regexp.MustCompile(`^invalid date (.+): use YYYY-MM-DD`), "fault.said_date"},
	{regexp.MustCompile(`^(.+) is no whole number$`), "fault.said_number"},
	{regexp.MustCompile(`^subsystem (.+) has no maintainers`), "fault.said_no_maintainers"},
	{regexp.MustCompile(`^subsystem (.+) owns nothing`), "fault.said_owns_nothing"},
	{regexp.MustCompile(`^subsystem (.+) stands already in line (\d+)`), "fault.said_subsystem_twice"},
	{regexp.MustCompile(`^a subsystem needs a name`), "fault.said_subsystem_name"},
	{regexp.MustCompile(`^no subsystems; list at least one`), "fault.said_no_subsystems"},
}

// fault is one fault of a verdict, its place first.
func (s printer) fault(v policy.Verdict, i int) Sentence { return s.faultText(v.Faults[i]) }

func (s printer) faultText(f strictyaml.Fault) Sentence {
	if !s.chinese {
		return name(f.String())
	}
	said := s.ownWords(f.Text)
	if said == nil {
		said = s.text("fault.kind", data{"Kind": s.text("fault."+f.Code(), nil), "Text": name(f.Text)})
	}
	if f.File == "" {
		return said
	}
	f.Text = ""
	return join([]Sentence{name(f.String()), said}, "")
}

// ownWords says a text of ours in the language; nil if it has no words for it.
func (s printer) ownWords(text string) Sentence {
	if !s.chinese {
		return nil
	}
	for _, w := range worded {
		if found := w.text.FindStringSubmatch(text); found != nil {
			d := data{}
			for i, key := range []string{"A", "B"} {
				if i+1 < len(found) {
					d[key] = word(found[i+1])
				}
			}
			return s.text(w.id, d)
		}
	}
	return nil
}
