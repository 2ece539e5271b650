package committers

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/ownership"
)

// owners reads the people of a row, each once, and notes who is who.
func (p *parser) owners(c *columns, row []string, line int) (maintainers, reviewers []ownership.Owner) {
	for _, g := range c.groups {
		for _, o := range p.group(&g, row, line) {
			into := &maintainers
			if g.reviewers {
				into = &reviewers
			}
			if len(*into) > maxPeople || !slices.ContainsFunc(*into, o.Equal) {
				*into = append(*into, o)
			}
			if o.Login != "" && o.Email != "" {
				p.people = append(p.people, Person{Owner: o, Line: line})
			}
		}
	}
	return maintainers, reviewers
}

// group reads the people of a group of columns.
func (p *parser) group(g *group, row []string, line int) []ownership.Owner {
	var named, logins, emails []ownership.Owner
	if g.names >= 0 {
		named = p.cell(cellAt(row, g.names), line, false)
	}
	for _, at := range g.logins {
		logins = append(logins, p.cell(cellAt(row, at), line, true)...)
	}
	for _, at := range g.emails {
		emails = append(emails, p.cell(cellAt(row, at), line, false)...)
	}
	if one, ok := p.one(named, logins, emails, line); ok {
		return one
	}
	if len(logins) > 0 && len(emails) > 0 {
		p.warn(line, "several people with logins and addresses in one row: which belongs to whom is not known; give each a row, or write "+
			"@alice <alice@example.org>")
	}
	var known []ownership.Owner
	for _, o := range slices.Concat(named, logins, emails) {
		switch {
		case o.Known() || o.Email != "":
			known = append(known, o)
		case len(logins)+len(emails) < len(named):
			p.warn(line, "%q is neither a login nor an address, and can't approve; write @alice, or Alice <alice@example.org>", o.Name)
			known = append(known, o)
		}
	}
	return known
}

// one joins what the columns say of a single person; false where there are several, or they
// contradict each other.
func (p *parser) one(named, logins, emails []ownership.Owner, line int) ([]ownership.Owner, bool) {
	if len(named) > 1 || len(logins) > 1 || len(emails) > 1 || len(logins)+len(emails) == 0 {
		return nil, false
	}
	var o ownership.Owner
	for _, part := range slices.Concat(named, logins, emails) {
		twice := part.Known() && o.Known() && !strings.EqualFold(part.Login+"/"+part.Team, o.Login+"/"+o.Team) ||
			part.Email != "" && o.Email != "" && !strings.EqualFold(part.Email, o.Email)
		if twice || part.Team != "" {
			return nil, false
		}
		if o.Name == "" {
			o.Name = part.Name
		}
		if o.Login == "" {
			o.Login = part.Login
		}
		if o.Email == "" {
			o.Email = part.Email
		}
	}
	if !o.Known() && o.Email == "" {
		p.warn(line, "%q is neither a login nor an address, and can't approve; write @alice, or Alice <alice@example.org>", o.Name)
	}
	return []ownership.Owner{o}, true
}

// between divides people in a cell, besides white space.
var between = regexp.MustCompile(`[,;、，；\n]`)

// cell reads the people of a cell. In a column of logins a bare word is one.
func (p *parser) cell(text string, line int, logins bool) []ownership.Owner {
	text = lineBreak.ReplaceAllString(strings.ReplaceAll(text, "`", ""), ";")
	var list []ownership.Owner
	for _, piece := range between.Split(text, -1) {
		if piece = strings.TrimSpace(piece); !ownership.IsNothing(piece) {
			r := cellReader{parser: p, line: line, logins: logins}
			list = append(list, r.read(piece)...)
		}
	}
	return list
}

// cellReader reads a piece of a cell, mostly one person.
type cellReader struct {
	*parser
	line   int
	logins bool
	words  []string // of a name whose person comes next
	list   []ownership.Owner
}

// token is a link, an address in brackets, something in parentheses, or a word.
var token = regexp.MustCompile(`!?\[[^\[\]]*\]\([^()]*\)|<[^<>]*>|\([^()]*\)|（[^（）]*）|\[@[^\[\]\s]*\]|[^\s\[<(（]+|\S`)

// read reads persons one after the other. What stands in brackets belongs to the one before.
func (r *cellReader) read(piece string) []ownership.Owner {
	for _, t := range token.FindAllString(piece, -1) {
		inner := strings.TrimSpace(unescaped(strings.Trim(t, "<>()（）[]")))
		switch {
		case linked.MatchString(t):
			r.link(linked.FindStringSubmatch(t)[1], t)
		case strings.HasPrefix(t, "<") && isAddress(inner), isBracket(t) && isAddress(inner):
			r.email(inner, true)
		case isBracket(t) && strings.HasPrefix(inner, "@"):
			r.login(inner, true)
		case strings.HasPrefix(inner, "https://") || strings.HasPrefix(inner, "http://"):
			r.link("", "[]("+inner+")")
		case isBracket(t), strings.HasPrefix(t, "<"): // a comment
		default:
			r.word(unescaped(t))
		}
	}
	if len(r.words) == 0 {
		return r.list
	}
	name := strings.Join(r.words, " ")
	if last := len(r.list) - 1; last >= 0 && r.list[last].Name == "" {
		r.list[last].Name = name
		return r.list
	}
	return append(r.list, ownership.Owner{Name: name})
}

func isBracket(t string) bool {
	return strings.HasPrefix(t, "(") || strings.HasPrefix(t, "（") || strings.HasPrefix(t, "[@")
}

// word reads a word: a login, an address, or part of a name.
func (r *cellReader) word(text string) {
	if at := strings.LastIndexAny(text, ":："); at >= 0 { // such as email:alice@example.org
		text = strings.TrimLeft(text[at:], ":：")
	}
	switch text = strings.Trim(text, "\"'“”"); {
	case text == "":
	case strings.HasPrefix(text, "@"):
		r.login(text, false)
	case isAddress(text):
		r.email(text, false)
	case r.logins:
		r.login(text, false)
	default:
		r.words = append(r.words, text)
	}
}

// login enters a login or team; inside is one in brackets, which belongs to whom stands before.
func (r *cellReader) login(text string, inside bool) {
	o, err := ownership.ParseOwner(text)
	if err != nil {
		r.warn(r.line, "%v", err)
		return
	}
	if last := len(r.list) - 1; inside && last >= 0 && len(r.words) == 0 && !r.list[last].Known() {
		r.list[last].Login, r.list[last].Team = o.Login, o.Team
		return
	}
	r.enter(o)
}

// email enters an address, which belongs to whom stands before if it is in brackets.
func (r *cellReader) email(text string, inside bool) {
	if last := len(r.list) - 1; inside && last >= 0 && len(r.words) == 0 && r.list[last].Email == "" {
		r.list[last].Email = text
		return
	}
	r.enter(ownership.Owner{Email: text})
}

// enter enters somebody with the name that stands before.
func (r *cellReader) enter(o ownership.Owner) {
	o.Name = strings.Join(r.words, " ")
	r.words, r.list = nil, append(r.list, o)
}

// link reads a link to somebody's page or address.
func (r *cellReader) link(text, whole string) {
	text = strings.TrimSpace(unescaped(text))
	target, _, _ := strings.Cut(strings.TrimSpace(whole[strings.LastIndex(whole, "](")+2:len(whole)-1]), " ")
	u, err := url.Parse(strings.Trim(target, "<>"))
	if err != nil || strings.HasPrefix(whole, "!") {
		return
	}
	if u.Scheme == "mailto" && isAddress(u.Opaque) {
		if !isAddress(text) {
			r.words = append(r.words, strings.Fields(text)...)
		}
		r.email(u.Opaque, false)
		return
	}
	login := strings.Trim(u.Path, "/")
	forge := forgeNamed(u.Hostname())
	here := forge != "" && r.means(forge) || forge == "" && strings.EqualFold(strings.TrimPrefix(text, "@"), login)
	if _, err := ownership.ParseOwner("@" + login); err != nil || !here || strings.Contains(login, "/") {
		r.warn(r.line, "the link of %q leads to no account of this forge; write the login as @alice", cmp.Or(text, target))
		r.words = append(r.words, strings.Fields(text)...)
		return
	}
	if name := strings.TrimPrefix(text, "@"); !strings.EqualFold(name, login) && !isAddress(text) {
		r.words = append(r.words, strings.Fields(name)...)
	}
	r.login("@"+login, false)
}

// means reports whether the logins of a forge, by its kind, are those that are meant.
func (p *parser) means(forge string) bool {
	return p.forge.Unknown() || p.forge.Is(forge) || forge == "gitcode" && p.forge.Is("atomgit")
}

// forgeNamed is the kind of forge that a heading or a host names; empty for none.
func forgeNamed(text string) string {
	text = strings.ToLower(text)
	for _, known := range [][2]string{{"gitee", "gitee"}, {"gitcode", "gitcode"}, {"atomgit", "gitcode"}, {"github", "github"},
		{"gitlab", "gitlab"}} {
		if strings.Contains(text, known[0]) {
			return known[1]
		}
	}
	return ""
}

func isAddress(text string) bool {
	at := strings.LastIndexByte(text, '@')
	return at > 0 && at < len(text)-1 && !strings.ContainsAny(text, " \t\r\n<>,;()")
}
