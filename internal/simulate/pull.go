package simulate

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reviewgate/reviewgate/internal/expertise"
)

// Pull is a pull request of the past. People are named in lower case.
type Pull struct {
	Number    int
	Author    string
	Created   time.Time
	Pushed    time.Time // when its last head was pushed, or else it was created
	Closed    time.Time // when it was merged, or else when its last head was pushed
	Paths     []string
	Lines     []int      // changed, by path
	Reviewers []string   // who reviewed in the end
	Approvals []Approval // in the order of the file; nil where the file gives none
	Merged    bool
}

// Approval is one that stood in the end, and when it was given.
type Approval struct {
	By string // in lower case
	At time.Time
}

// line is a pull request as it is written, one a line.
type line struct {
	Number    int      `json:"pr"`
	Author    string   `json:"author"`
	Created   int64    `json:"created"`   // seconds since 1970
	HeadTime  int64    `json:"head_time"` // likewise
	Merged    *int64   `json:"merged"`    // likewise; null where it was not
	Files     []file   `json:"files"`
	Reviewers []string `json:"reviewers"`
	Approvals []given  `json:"approvals"` // may be missing
}

// given is an approval as [login, seconds since 1970].
type given Approval

// UnmarshalJSON reads the list.
func (g *given) UnmarshalJSON(b []byte) error {
	var parts []any
	if err := json.Unmarshal(b, &parts); err == nil && len(parts) == 2 {
		by, isText := parts[0].(string)
		at, isNumber := parts[1].(float64)
		if isText && isNumber && by != "" && at >= 0 && at <= maxTime {
			*g = given{strings.ToLower(by), time.Unix(int64(at), 0).UTC()}
			return nil
		}
	}
	return errors.New(`want approvals as ["login", seconds since 1970]`)
}

// file is [path, added lines, removed lines].
type file struct {
	path  string
	lines int
}

// UnmarshalJSON reads the list.
func (f *file) UnmarshalJSON(b []byte) error {
	var parts []any
	ok := json.Unmarshal(b, &parts) == nil && len(parts) > 0
	if ok {
		f.path, ok = parts[0].(string)
	}
	for _, p := range parts[min(1, len(parts)):] {
		n, number := p.(float64)
		if ok = ok && number && n >= 0 && n < 1e9; ok {
			f.lines += int(n)
		}
	}
	if !ok || f.path == "" {
		return errors.New(`want files as ["path", added lines, removed lines]`)
	}
	if len(f.path) > maxPath {
		return fmt.Errorf("a path has %d bytes; leave out files with more than %d", len(f.path), maxPath)
	}
	return nil
}

// MaxPast is the most that is read of a past, in bytes.
const MaxPast = 256 << 20

// maxLine is the longest pull request, in bytes.
const maxLine = 16 << 20

// maxPath is the longest path, in bytes, as Linux has it: what is kept of a path
// grows with the square of its length.
const maxPath = 4096

// maxTime is the end of the year 9999, in seconds since 1970.
const maxTime = 253402300799

// example is shown to who wrote a line that can't be read.
const example = `{"pr": 1, "author": "alice", "created": 1545147963, "head_time": 1545147963, ` +
	`"merged": null, "files": [["mm/a.c", 1, 0]], "reviewers": ["bob"]}`

// ReadPulls reads pull requests, a JSON object a line, packed by gzip or not. name is used
// in messages.
func ReadPulls(name string, r io.Reader) ([]Pull, error) {
	text := bufio.NewReader(r)
	if magic, err := text.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b { // no JSON begins so
		zip, err := gzip.NewReader(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w; it is damaged or cut short, write it again", name, err)
		}
		return readLines(name, zip)
	}
	return readLines(name, text)
}

// readLines reads what is not packed.
func readLines(name string, r io.Reader) ([]Pull, error) {
	limited := &io.LimitedReader{R: r, N: MaxPast + 1}
	scanner := bufio.NewScanner(limited)
	scanner.Buffer(nil, maxLine)
	var pulls []Pull
	var fault error
	n := 0
	for fault == nil && scanner.Scan() {
		if n++; len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		var l line
		if l, fault = readLine(scanner.Bytes()); fault == nil {
			pulls = append(pulls, l.pull())
		}
	}
	// What ends the text early also cuts its last line, which then is no fault.
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("%s:%d: the line is longer than %d MB; leave files out of it", name, n+1, maxLine>>20)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w after line %d; it is damaged or cut short, write it again", name, err, n)
	case limited.N <= 0:
		return nil, fmt.Errorf("%s holds more than %d MB; give a part of it", name, MaxPast>>20)
	case fault != nil:
		return nil, fmt.Errorf("%s:%d: %w; want a pull request such as %s", name, n, fault, example)
	case len(pulls) == 0:
		return nil, fmt.Errorf("%s holds no pull request; want one a line, such as %s", name, example)
	}
	return pulls, nil
}

// readLine reads one pull request. Its errors speak of keys, not of our types.
func readLine(text []byte) (line, error) {
	var l *line
	err := json.Unmarshal(text, &l)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return line{}, fmt.Errorf("the line holds no object but: %s", wrong.Value)
		}
		return line{}, fmt.Errorf("%q can't be: %s", wrong.Field, wrong.Value)
	}
	if err != nil {
		return line{}, err
	}
	if l == nil {
		return line{}, errors.New("the line holds no object but: null")
	}
	return *l, l.checkTimes()
}

// checkTimes refuses what is no time of a pull request, as milliseconds are not.
func (l *line) checkTimes() error {
	merged := int64(0)
	if l.Merged != nil {
		merged = *l.Merged
	}
	for _, t := range []struct {
		key string
		at  int64
	}{{"created", l.Created}, {"head_time", l.HeadTime}, {"merged", merged}} {
		if t.at < 0 || t.at > maxTime {
			return fmt.Errorf("%q is %d; want seconds since 1970, up to the year 9999", t.key, t.at)
		}
	}
	return nil
}

func (l line) pull() Pull {
	p := Pull{Number: l.Number, Author: strings.ToLower(l.Author), Created: time.Unix(l.Created, 0).UTC()}
	closed := l.HeadTime
	if l.Merged != nil {
		p.Merged, closed = true, *l.Merged
	}
	p.Closed = time.Unix(max(closed, l.Created), 0).UTC() // a head may be older than its pull request
	p.Pushed = time.Unix(max(l.HeadTime, l.Created), 0).UTC()
	for _, f := range l.Files {
		p.Paths, p.Lines = append(p.Paths, f.path), append(p.Lines, f.lines)
	}
	if l.Approvals != nil {
		p.Approvals = []Approval{}
	}
	for _, a := range l.Approvals {
		p.Approvals = append(p.Approvals, Approval(a))
		l.Reviewers = append(l.Reviewers, a.By)
	}
	for _, who := range l.Reviewers {
		if who = strings.ToLower(who); who != "" && !slices.Contains(p.Reviewers, who) {
			p.Reviewers = append(p.Reviewers, who)
		}
	}
	return p
}

// reviewers are those besides the author.
func (p *Pull) reviewers() []string {
	return slices.DeleteFunc(slices.Clone(p.Reviewers), func(who string) bool { return who == p.Author })
}

// credit notes what people learned by the pull request.
func (p *Pull) credit(book *expertise.Book, reviewed map[string]bool) {
	for _, who := range p.reviewers() {
		book.Credit(p.Paths, who, expertise.Reviewed, p.Closed)
		reviewed[who] = true
	}
	if p.Merged && p.Author != "" {
		book.Credit(p.Paths, p.Author, expertise.Wrote, p.Closed)
	}
}
