// Package actions is how a step of a GitHub Actions workflow hears what its run is about,
// and tells what it found out: to people in the job's summary, to other steps in outputs.
//
// It promises that nothing which an event lists is believed, and that no name of a file or
// a person becomes markup, a mention or another output. What is judged it leaves to others.
package actions

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/reviewgate/reviewgate/internal/gate"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Report tells GitHub Actions what a step found out: a summary for people, and outputs for
// other steps (docs.github.com, "Workflow commands for GitHub Actions").
type Report struct {
	summary, outputs string // files to append to; empty outside of Actions
}

// NewReport returns the report of this process, if it is a step; else it reports nothing.
func NewReport() *Report {
	return &Report{summary: os.Getenv("GITHUB_STEP_SUMMARY"), outputs: os.Getenv("GITHUB_OUTPUT")}
}

// output is one value for other steps.
type output struct{ name, value string }

// Verdict reports a run; brief, in one line of the summary and without outputs, where it
// is one of many: GitHub takes no more than a megabyte of summary.
func (r *Report) Verdict(run *gate.Run, words *publish.Messages, brief bool) error {
	v, title, text := &run.Verdict, string(run.Ungated()), ""
	if title == "" {
		title, text = words.Title(*v), words.Summary(*v)
	} else {
		title = "not gated: " + title
	}
	if brief {
		return r.addSummary(fmt.Sprintf("#%d\n\n%s\n", run.Ref.Number, verbatim(title)))
	}
	if err := r.addSummary(fmt.Sprintf("## %s#%d\n\n%s\n\n%s\n", run.Ref.Repo.Slug(), run.Ref.Number, verbatim(title), text)); err != nil {
		return err
	}
	gated := run.Ungated() == ""
	values := []output{{"gated", strconv.FormatBool(gated)}, {"head", run.Head}, {"outcome", string(v.Outcome)}, {"title", title}}
	if gated {
		values = append(values, output{"check", v.Check}, output{"reviewed", strconv.Itoa(v.Ratio.Reviewed)},
			output{"counted", strconv.Itoa(v.Ratio.Counted)},
			output{"ratio", strconv.Itoa(v.Ratio.Percent())}, output{"threshold", v.Threshold.String()})
	}
	return r.addOutputs(values...)
}

// Failure reports a pull request that could not be judged.
func (r *Report) Failure(ref pull.Ref, why error) error {
	text := fmt.Sprintf("#%d could not be judged:\n\n%s\n", ref.Number, verbatim(why.Error()))
	return errors.Join(r.addSummary(text), r.addOutputs(output{"outcome", "error"}))
}

// Count reports how many pull requests were judged.
func (r *Report) Count(n int) error { return r.addOutputs(output{"judged", strconv.Itoa(n)}) }

// Lists reports what is to be judged.
func (r *Report) Lists(l List) error {
	pulls, err := json.Marshal(l.Pulls)
	if err != nil {
		return err
	}
	groups, err := json.Marshal(l.Groups)
	if err != nil {
		return err
	}
	return r.addOutputs(output{"pulls", string(pulls)}, output{"groups", string(groups)})
}

// verbatim is a block of code of one line, in which nothing is markup or a mention.
func verbatim(text string) string {
	return "    " + strings.Join(strings.Fields(text), " ")
}

func (r *Report) addSummary(text string) error {
	if r.summary == "" {
		return nil
	}
	return appendTo(r.summary, text)
}

// addOutputs writes outputs in the form that takes any value. Its end is drawn anew for
// each, so that no name of a file or a subsystem can end a value and begin another one.
func (r *Report) addOutputs(values ...output) error {
	if r.outputs == "" {
		return nil
	}
	var b strings.Builder
	for _, o := range values {
		end := "end_" + rand.Text()
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.name, end, o.value, end)
	}
	return appendTo(r.outputs, b.String())
}

func appendTo(file, text string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("report to GitHub Actions: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("report to GitHub Actions: %w", err)
	}
	return nil
}

// WorkflowPage is the page of the workflow that this process runs in, to which the
// statuses lead that it writes in its own repository. It is the same for all runs, so it
// also tells which statuses are the gate's. Empty outside of Actions.
func WorkflowPage(repo string) string {
	server, ref := os.Getenv("GITHUB_SERVER_URL"), os.Getenv("GITHUB_WORKFLOW_REF")
	file, _, _ := strings.Cut(ref, "@")
	prefix := repo + "/.github/workflows/"
	if server == "" || len(file) <= len(prefix) || !strings.EqualFold(file[:len(prefix)], prefix) {
		return ""
	}
	return server + "/" + repo + "/actions/workflows/" + url.PathEscape(path.Base(file))
}
