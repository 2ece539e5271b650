package committers

import "strings"

// columns are what the columns of a table hold.
type columns struct {
	count    int
	meanings []meaning
	title    int // -1: none
	paths    []int
	groups   []group
}

// group is the columns of one kind of people: at the most one of names, and those of their logins
// and addresses.
type group struct {
	names          int // -1: none
	logins, emails []int
	reviewers      bool
}

// meaning is what a column holds.
type meaning int

const (
	other     meaning = iota
	passed            // known to say nothing here
	area              // paths where no other column has them, else a title
	paths             //
	people            // who may approve
	reviewer          // who may be asked
	names             // people where no other column has them
	logins            //
	elsewhere         // logins on another forge, or on nobody knows which
	emails            //
)

// headings are the words of headings, in small letters and without spaces. The first that a
// heading has decides.
var headings = []struct {
	meaning meaning
	words   []string
}{
	{passed, []string{"列表", "mailinglist", "maillist"}}, // the address of a list is nobody's
	{emails, []string{"邮箱", "邮件", "电子邮", "e-mail", "email", "mail"}},
	{logins, []string{"gitee", "gitcode", "atomgit", "github", "gitlab", "账号", "帐号", "用户名", "login", "account", "username"}},
	{reviewer, []string{"reviewer", "评审", "审查", "检视"}},
	{people, []string{"maintainer", "committer", "维护", "负责人", "提交者", "owner"}},
	{paths, []string{"目录", "路径", "文件", "path", "director", "folder", "file"}},
	{area, []string{"模块", "子系统", "module", "subsystem", "component", "组件"}},
	{names, []string{"姓名", "名字", "name", "成员", "member"}},
	{passed, []string{"说明", "描述", "备注", "公司", "组织", "单位", "角色", "序号", "职责", "description", "note", "remark", "comment",
		"company", "organization", "organisation", "affiliation", "role", "no.", "status", "状态", "#"}},
}

func meaningOf(heading string) meaning {
	text := strings.ToLower(strings.Join(strings.Fields(plain(heading)), ""))
	if text == "dir" || text == "dirs" {
		return paths
	}
	for _, h := range headings {
		for _, word := range h.words {
			if strings.Contains(text, word) {
				return h.meaning
			}
		}
	}
	if text == "" {
		return passed
	}
	return other
}

// meanings are those of headings. A column of logins on another forge is not read, and where it
// is not known which forge is meant, none of several is.
func (p *parser) meanings(row []string, line int) []meaning {
	list := make([]meaning, len(row))
	forges := map[string]bool{}
	for i, heading := range row {
		if list[i] = meaningOf(heading); list[i] == logins {
			if forge := forgeNamed(plain(heading)); forge != "" {
				forges[forge] = true
			}
		}
	}
	for i, heading := range row {
		forge := forgeNamed(plain(heading))
		if list[i] != logins || forge == "" || p.means(forge) && (!p.forge.Unknown() || len(forges) == 1) {
			continue
		}
		list[i] = elsewhere
		if p.forge.Unknown() {
			p.warn(line, "the column %q is not read: it is not known whose logins are meant", plain(heading))
		}
	}
	return list
}

// columns reads the headings of a table; nil after a fault.
func (p *parser) columns(row []string, line int) *columns {
	c := &columns{count: len(row), title: -1}
	found := map[meaning][]int{}
	c.meanings = p.meanings(row, line)
	for i, m := range c.meanings {
		heading := row[i]
		found[m] = append(found[m], i)
		if m == other {
			p.warn(line, "the column %q is not read; known are path, module, maintainer, committer, reviewer, name, login and email, in "+
				"English or Chinese", plain(heading))
		}
	}
	if c.paths = found[paths]; len(c.paths) == 0 {
		c.paths = found[area]
	} else if len(found[area]) > 0 {
		c.title = found[area][0]
	}
	if c.group(len(found[people])+len(found[reviewer]) == 0); len(c.groups) == 0 {
		p.fault(line, "a table without a column of people; name one of them maintainer, committer, login or email (维护者、账号、邮箱), or "+
			"keep the table in another file")
		return nil
	}
	return c
}

// group divides the columns of people: those of logins and addresses belong to the column of
// names before them, or else to the first.
func (c *columns) group(byName bool) {
	early, unread := group{names: -1}, false
	for i, m := range c.meanings {
		at := &early
		if len(c.groups) > 0 {
			at = &c.groups[len(c.groups)-1]
		}
		switch {
		case m == people || m == reviewer || m == names && byName:
			c.groups = append(c.groups, group{names: i, reviewers: m == reviewer})
		case m == elsewhere:
			unread = true
		case m == logins:
			at.logins = append(at.logins, i)
		case m == emails:
			at.emails = append(at.emails, i)
		}
	}
	if len(c.groups) == 0 {
		if unread || len(early.logins)+len(early.emails) > 0 {
			c.groups = append(c.groups, early)
		}
		return
	}
	first := &c.groups[0]
	first.logins, first.emails = append(early.logins, first.logins...), append(early.emails, first.emails...)
}
