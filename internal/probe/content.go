package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/forge/gitee/rest"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// nobody is a login that nobody has.
const nobody = Prefix + "nobody"

// askStrangers finds out what asking somebody does who can't be asked.
func (p *Probe) askStrangers(ctx context.Context, a *Answer) error {
	path, body := "assignees", map[string]any{"assignees": nobody}
	if p.cfg.GitCode {
		path, body = "reviewers", map[string]any{"reviewers": nobody, "add": true}
	}
	declined := p.send(ctx, http.MethodPost, p.pullPath(topicPull, path), nil, body, nil)
	if declined != nil && !rest.Declined(declined) {
		return declined
	}
	now, err := p.read(ctx, topicPull)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(now.Asked(), func(m rest.Member) bool { return pull.SameLogin(string(m.Login), nobody) }) {
		return errors.New("there is an account of that name, and it was asked")
	}
	a.settle("asking-ignored", declined == nil)
	return nil
}

// The words of the comment, as it is written and as it is edited.
const (
	commentText = "A comment of the probe's."
	editedText  = "An edited comment of the probe's."
)

// maxMisses is how often a comment is looked for that was just written.
const maxMisses = 10

// askComment finds out how soon a comment is found, and whether it is as edited when it is.
func (p *Probe) askComment(ctx context.Context, a *Answer) error {
	var made rest.Comment
	body := map[string]string{"body": commentText}
	if err := p.send(ctx, http.MethodPost, p.pullPath(topicPull, "comments"), nil, body, &made); err != nil {
		return err
	}
	if made.Note() == 0 {
		return errors.New("the answer does not tell the number of the comment")
	}
	path := p.path("pulls", "comments", made.Note())
	var now rest.Comment
	misses := 0
	err := p.get(ctx, path, nil, &now)
	for ; rest.Status(err) == http.StatusNotFound && misses < maxMisses; misses++ {
		if err := p.cfg.Wait(ctx, soon); err != nil {
			return err
		}
		err = p.get(ctx, path, nil, &now)
	}
	if err != nil {
		return err
	}
	a.Settled = append(a.Settled, Setting{"late-comments", misses})
	a.say("late-comments", misses)
	if err := p.cfg.Wait(ctx, second); err != nil {
		return err
	}
	if err := p.send(ctx, http.MethodPatch, path, nil, map[string]string{"body": editedText}, nil); err != nil {
		return err
	}
	if err := p.until(ctx, func() (bool, error) {
		now = rest.Comment{}
		err := p.get(ctx, path, nil, &now)
		return strings.TrimSpace(string(now.Body)) == editedText, err
	}); err != nil {
		return err
	}
	if strings.TrimSpace(string(now.Body)) != editedText {
		return errors.New("the edit was taken, and had no effect")
	}
	a.say(yesOr("edit shown", now.Read().Edited))
	return nil
}

// until looks a few times, until what is looked for is so.
func (p *Probe) until(ctx context.Context, look func() (bool, error)) error {
	for try := range maxEarly {
		if try > 0 {
			if err := p.cfg.Wait(ctx, soon); err != nil {
				return err
			}
		}
		if is, err := look(); err != nil || is {
			return err
		}
	}
	return nil
}

// errNoList is that an answer has not what it is asked for.
var errNoList = errors.New("the answer has no list of files")

// file is a changed file of a list.
type file struct {
	Name  rest.Text `json:"filename"`
	SHA   rest.Text `json:"sha"`
	Patch struct {
		Old rest.Text `json:"a_mode"`
		New rest.Text `json:"b_mode"`
	} `json:"patch"`
}

// files reads the list of a pull request's files, which has no pages.
func (p *Probe) files(ctx context.Context, name string) (out []file, err error) {
	err = p.until(ctx, func() (bool, error) { // it may be made late
		out = nil
		err := p.get(ctx, p.pullPath(name, "files"), nil, &out)
		return len(out) > 0, err
	})
	if err == nil && len(out) == 0 {
		err = errNoList
	}
	return out, err
}

// compared is what a comparison lists; that a patch is text there says nothing of modes.
type compared struct {
	Files []struct {
		Name rest.Text `json:"filename"`
	} `json:"files"`
	Truncated json.RawMessage `json:"truncated"`
}

func (p *Probe) compare(ctx context.Context, commit string) (out compared, err error) {
	err = p.get(ctx, p.path("compare", p.ids[baseCommit]+"..."+p.ids[commit]), nil, &out)
	if err == nil && out.Files == nil {
		err = errNoList
	}
	return out, err
}

// askModes finds out how the lists show a change of nothing but a mode, a link and a submodule.
func (p *Probe) askModes(ctx context.Context, a *Answer) error {
	if p.tasks[modesPull].Number == 0 {
		return errNone
	}
	all, err := p.files(ctx, modesPull)
	if err != nil {
		return err
	}
	found, err := p.compare(ctx, modesCommit)
	if err != nil {
		return err
	}
	for _, name := range []string{"script", "link", "module"} {
		i := slices.IndexFunc(all, func(f file) bool { return string(f.Name) == name })
		if i < 0 {
			a.say("not in files", name)
		} else {
			a.say("in files", name, string(all[i].Patch.Old), string(all[i].Patch.New))
		}
		is := slices.ContainsFunc(found.Files, func(f struct {
			Name rest.Text `json:"filename"`
		}) bool {
			return string(f.Name) == name
		})
		a.say(yesOr("in compare", is), name)
	}
	return nil
}

// askMany finds out how many of 301 files the lists have.
func (p *Probe) askMany(ctx context.Context, a *Answer) error {
	if p.tasks[manyPull].Number == 0 {
		return errNone
	}
	all, err := p.files(ctx, manyPull)
	if err != nil {
		return err
	}
	found, err := p.compare(ctx, manyCommit)
	if err != nil {
		return err
	}
	a.say("many", manyFiles, len(all), len(found.Files))
	if !p.cfg.GitCode {
		return nil
	}
	var whole struct {
		Count *rest.Number      `json:"count"`
		Diffs []json.RawMessage `json:"diffs"`
	}
	if err := p.get(ctx, p.pullPath(manyPull, "files.json"), nil, &whole); err != nil {
		return err
	}
	if whole.Count == nil || whole.Diffs == nil {
		return errNoList
	}
	a.say("files.json", int(*whole.Count), len(whole.Diffs))
	return nil
}

// askContents finds out how a path is answered that is not there.
func (p *Probe) askContents(ctx context.Context, a *Answer) error {
	var raw json.RawMessage
	err := p.get(ctx, p.path("contents", Prefix+"missing"), url.Values{"ref": {baseBranch}}, &raw)
	switch {
	case rest.Status(err) == http.StatusNotFound:
		a.settle("empty-contents", false)
	case err == nil && strings.TrimSpace(string(raw)) == "[]":
		a.settle("empty-contents", true)
	case err == nil:
		return fmt.Errorf("it is answered by %s", raw)
	default:
		return err
	}
	return nil
}

// askLimits tells the headers of all answers so far that are of limits and pages. No limit is used
// up for it.
func (p *Probe) askLimits(_ context.Context, a *Answer) error {
	all := p.cfg.Tape.headers()
	for _, header := range all {
		a.say("header", header)
	}
	if len(all) == 0 {
		a.say("no header")
	}
	return nil
}

// maxRows is how many kinds of rows of a log are told.
const maxRows = 30

// askLogs finds out in which words the log tells of all that was done.
func (p *Probe) askLogs(ctx context.Context, a *Answer) error {
	var rows []rest.LogRow
	if err := p.get(ctx, p.pullPath(topicPull, "operate_logs"), nil, &rows); err != nil {
		return err
	}
	var seen []string
	for _, row := range rows {
		text := string(row.Kind) + ": " + string(row.Content)
		if !slices.Contains(seen, text) && len(seen) < maxRows {
			seen = append(seen, text)
			a.say("log", text)
		}
	}
	a.say("logs", len(rows))
	return nil
}
