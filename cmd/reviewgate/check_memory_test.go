package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	fakegithub "github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// overridePolicy lets carol and erin override.
const overridePolicy = "version: 1\nassign: off\ncomment: false\noverride: {allowed: [carol, erin]}\n"

// checked runs check on a pull request without a service, as a CI step does.
func (w *world) checked(number int, want int, says string, args ...string) {
	w.t.Helper()
	w.later()
	token := w.dir + "/token"
	check0(w.t, writePrivate(token, []byte("token-alice")))
	var out, problems bytes.Buffer
	args = append([]string{"check", "--api-url", w.server.URL + "/", "--token-file", token, "--repo", "acme/linux", "--pr",
		strconv.Itoa(number)}, args...)
	code := run(w.t.Context(), args, nil, &out, &problems)
	if text := out.String() + problems.String(); code != want || !strings.Contains(text, says) {
		w.t.Errorf("exit %d, want %d with %q:\n%s", code, want, says, text)
	}
}

// overridden opens a pull request that only an override lets pass, and writes that.
func (w *world) overridden() *fake.PullRequest {
	w.t.Helper()
	pr := w.open("topic", "mm/a.c")
	w.ahead.Add(int64(time.Hour))
	w.checked(1, exitFail, "pending: 0 of 1")
	w.comment(pr, "carol", "/override "+pr.Head()+" urgent")
	w.checked(1, exitPass, "overridden by carol")
	return pr
}

func (w *world) comment(pr *fake.PullRequest, who, text string) int64 {
	w.t.Helper()
	w.later()
	id, err := pr.Comment(who, text)
	check0(w.t, err)
	return id
}

// twin opens another pull request of the same head, under another name.
func (w *world) twin() *fake.PullRequest {
	w.t.Helper()
	check0(w.t, w.repo.SetBranch("copy", w.repo.Tip("topic"), "dave"))
	twin, err := w.repo.Open(fake.Opening{Author: "dave", Head: "copy"})
	check0(w.t, err)
	return twin
}

const doubted = "write the override once more"

// TestDeletedCancelWithoutMemory holds that a check without a service, which remembers
// no comments, takes an override for taken back where a comment that may have said so
// is gone; and that another override is the way out.
func TestDeletedCancelWithoutMemory(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*world, *fake.PullRequest){
		"deleted by its author": func(w *world, pr *fake.PullRequest) {
			id := w.comment(pr, "erin", "/override cancel")
			w.checked(1, exitFail, "pending: 0 of 1")
			w.later()
			check0(w.t, pr.DeleteComment("erin", id))
		},
		"deleted by somebody who can": func(w *world, pr *fake.PullRequest) {
			id := w.comment(pr, "erin", "/override cancel")
			w.later()
			check0(w.t, pr.DeleteComment("alice", id))
		},
		"edited": func(w *world, pr *fake.PullRequest) {
			id := w.comment(pr, "erin", "/override cancel")
			w.later()
			check0(w.t, pr.EditComment("alice", id, "thanks"))
		},
		"on a twin that was closed": func(w *world, _ *fake.PullRequest) {
			twin := w.twin()
			w.comment(twin, "erin", "/override cancel")
			w.checked(1, exitFail, "pending: 0 of 1")
			check0(w.t, twin.Close("dave"))
		},
		"deleted on a twin that was closed": func(w *world, _ *fake.PullRequest) {
			twin := w.twin()
			id := w.comment(twin, "erin", "/override cancel")
			w.later()
			check0(w.t, twin.DeleteComment("erin", id), twin.Close("dave"))
		},
		"on a twin that was retargeted": func(w *world, _ *fake.PullRequest) {
			check0(w.t, w.repo.SetBranch("stable", w.repo.Tip("main"), "carol"))
			twin := w.twin()
			w.comment(twin, "erin", "/override cancel")
			check0(w.t, twin.Retarget("dave", "stable"))
		},
		"of an account that is gone": func(w *world, pr *fake.PullRequest) {
			id := w.comment(pr, "erin", "/override cancel")
			w.later()
			check0(w.t, pr.DeleteComment("alice", id), w.DeleteUser("erin"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{idle: true, policy: overridePolicy})
			pr := w.overridden()
			lose(w, pr)
			says := doubted
			if strings.HasPrefix(name, "on a twin") { // it can still be read
				says = "pending: 0 of 1"
			}
			w.checked(1, exitFail, says)
			w.comment(pr, "carol", "/override "+pr.Head()+" still urgent")
			w.checked(1, exitPass, "overridden by carol")
		})
	}
}

// TestOldCommentEditedIntoACancel holds that what an edit of an older comment takes back
// is taken back, by the service and without one, and stays so when the words are gone.
func TestOldCommentEditedIntoACancel(t *testing.T) {
	t.Parallel()
	for _, serves := range []bool{true, false} {
		t.Run(fmt.Sprint(serves), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{idle: true, policy: overridePolicy})
			if serves {
				w.start(nil)
			}
			expect := func(pr *fake.PullRequest, conclusion, exit string) {
				switch {
				case serves:
					w.expect(pr, conclusion, "")
				case conclusion == "success":
					w.checked(1, exitPass, exit)
				default:
					w.checked(1, exitFail, exit)
				}
			}
			pr := w.open("topic", "mm/a.c")
			id := w.comment(pr, "erin", "thanks")
			w.later()
			w.comment(pr, "carol", "/override "+pr.Head()+" urgent")
			expect(pr, "success", "overridden by carol")
			w.later()
			check0(t, pr.EditComment("erin", id, "/override cancel"))
			expect(pr, "in_progress", "pending: 0 of 1")
			check0(t, pr.EditComment("erin", id, "thanks again"))
			if serves {
				w.quiet()
			}
			expect(pr, "in_progress", doubted)
			w.later()
			w.comment(pr, "carol", "/override "+pr.Head()+" still urgent")
			expect(pr, "success", "overridden by carol")
		})
	}
}

// TestOverrideStandsWithoutMemory is the control: what cannot have been a cancellation
// takes nothing back.
func TestOverrideStandsWithoutMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: overridePolicy})
	first := w.open("first", "fs/a.c") // of another pull request
	gone := w.comment(first, "erin", "/override cancel")
	check0(t, first.DeleteComment("erin", gone), first.Close("dave"))
	pr := w.open("topic", "mm/a.c")
	old := w.comment(pr, "erin", "/override cancel")
	w.later()
	check0(t, pr.DeleteComment("erin", old))
	w.ahead.Add(int64(time.Hour))
	w.comment(pr, "carol", "/override "+pr.Head()+" urgent")
	w.checked(2, exitPass, "overridden by carol")
	other := w.open("other", "kernel/fork.c") // closed, of another head
	w.comment(other, "erin", "/override cancel")
	check0(t, other.Close("dave"))
	for _, who := range []string{"mallory", "dave"} {
		id := w.comment(pr, who, "/override cancel")
		w.later()
		check0(t, pr.DeleteComment(who, id))
	}
	w.comment(pr, "erin", "thanks")
	w.checked(2, exitPass, "overridden by carol")
}

// TestUnreadableDeletions holds that an override does not count where the forge does
// not tell of deletions at all, and counts where only REST does and there are none.
func TestUnreadableDeletions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: overridePolicy})
	pr := w.overridden()
	rest := http.StatusOK
	w.SetFault(func(r *http.Request) *fakegithub.Fault {
		body, err := io.ReadAll(r.Body)
		switch {
		case err != nil || strings.Contains(string(body), "COMMENT_DELETED_EVENT"):
			return &fakegithub.Fault{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
				Body: `{"errors":[{"message":"Argument 'itemTypes' has an invalid value: COMMENT_DELETED_EVENT"}]}`}
		case strings.HasSuffix(r.URL.Path, "/timeline") && rest != http.StatusOK:
			return &fakegithub.Fault{Status: rest, Body: `{"message":"Not Found"}`}
		}
		return nil
	})
	w.checked(1, exitPass, "overridden by carol")
	rest = http.StatusNotFound
	w.checked(1, exitFail, "pending: 0 of 1")
	rest = http.StatusOK
	id := w.comment(pr, "mallory", "hello") // REST does not tell whose it was
	w.later()
	check0(t, pr.DeleteComment("mallory", id))
	w.checked(1, exitFail, doubted)
}

// TestNoPolicyIsAnError holds that a check of a repository in which no policy is found
// does not pass, and says where it looked and what is there instead.
func TestNoPolicyIsAnError(t *testing.T) {
	t.Parallel()
	for _, near := range []string{"", ".github/reviewgate.yml", ".github/review-gate.yaml", ".github/review_gate.yml", "review-gate.yml",
		".github/Review-Gate.yml", ".github/revieww-gate.yml", ".github/workflows/review-gate.yml"} {
		t.Run(near, func(t *testing.T) {
			t.Parallel()
			o := worldOptions{idle: true, policy: "none", files: map[string]string{".github/labeler.yml": "x\n", ".github/reviewers.yml": "x\n"}}
			if near != "" {
				o.files[near] = testPolicy
			}
			w := newWorld(t, o)
			w.open("topic", "mm/a.c")
			tip := w.repo.Tip("main")[:12]
			w.checked(1, exitError, "no policy was found, so nothing is gated: looked for .github/review-gate.yml at "+tip+
				" (main), and for .github/review-gate.yml, review-gate.yml in acme/.github")
			if near != "" {
				w.checked(1, exitError, "there is "+near+"; if that is meant, rename it to .github/review-gate.yml")
			}
			w.checked(1, exitPass, "not gated: no policy was found", "--allow-ungated")
		})
	}
}

// TestEmptyPolicyIsAFault holds that an empty file is no absent one, be it the
// organisation's or one that a flag names.
func TestEmptyPolicyIsAFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: "none"})
	w.secretRepo("acme", ".github", "review-gate.yml", "")
	w.open("topic", "mm/a.c")
	w.checked(1, exitError, "the file is empty")
	empty := w.dir + "/empty.yml"
	check0(t, writePrivate(empty, nil))
	w.checked(1, exitError, "the file is empty; write at least: version: 1", "--policy", empty)
}

// TestBrokenPolicyGatesWhatIsNotKnown holds that a check towards a branch of which a
// policy that can't be read may say that it is gated does not pass.
func TestBrokenPolicyGatesWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{idle: true, policy: "version: 1\nbranches: [{match: \"release/*\"}]\ntreshold: 1%\n"})
	check0(t, w.repo.SetBranch("release/1", w.repo.Tip("main"), "carol"))
	w.push("topic", map[string]string{"mm/a.c": "new\n"})
	_, err := w.repo.Open(fake.Opening{Author: "dave", Head: "topic", Base: "release/1"})
	check0(t, err)
	w.checked(1, exitError, "unknown key \"treshold\"")
	w.checked(1, exitError, "not known whether it gates the base branch release/1", "--allow-ungated")
}

// TestUngatedIsToldApart holds that a check passes, and says why, where the policy
// says that nothing is to be held.
func TestUngatedIsToldApart(t *testing.T) {
	t.Parallel()
	for says, policy := range map[string]string{
		"not gated: the policy does not gate the base branch main": "version: 1\nbranches: [{match: \"release/*\"}]\n",
		"not gated: the policy's mode is off":                      "version: 1\nmode: \"off\"\n",
	} {
		w := newWorld(t, worldOptions{idle: true, policy: policy})
		w.open("topic", "mm/a.c")
		w.checked(1, exitPass, says)
	}
	w := newWorld(t, worldOptions{idle: true})
	pr := w.open("topic", "mm/a.c")
	check0(t, pr.Close("dave"))
	w.checked(1, exitPass, "not gated: the pull request is closed")
}
