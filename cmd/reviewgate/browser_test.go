//go:build !nodemo

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	browserpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/github"
)

// TestPagesInABrowser clicks through the demo as a person would: the people's page and the
// gate's, which goes on by itself, in both languages, on a phone, and without script.
// Pictures go where REVIEWGATE_PICTURES says; with REVIEWGATE_AXE, the file axe.min.js, each
// page is looked over for what keeps people out who can't see or use a mouse.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	play, gate := runningDemo(t, github.Kind)

	b.see("play", play, "7 of 7 files reviewed")
	b.see("gate", gate, "7 of 7 files reviewed")
	b.seeChinese("gate-zh", gate, "已评审 7/7")
	b.see("repository", gate[:strings.LastIndex(gate, "/")], "#1")
	b.see("absent", gate+"0", "no such page")

	second := b.tab()
	second.do(chromedp.Navigate(gate), shows("7 of 7 files reviewed"))
	b.do(chromedp.Navigate(play), press("bob: request changes"))
	second.do(shows("changes requested by bob")) // by itself, as it is open
	b.do(chromedp.Navigate(play), press("bob: approve"))
	b.do(press("dave: push a change"))
	b.untilLoaded(gate, "6 of 7 files reviewed")
	b.see("gate-waits", gate, "6 of 7 files reviewed")
	b.seeChinese("gate-waits-zh", gate, "已评审 6/7")

	b.signedIn(gate)

	b.do(chromedp.Navigate(gate), chromedp.SendKeys(chromedp.CSS(`input[type=search]`), "fs/ino"), hides("kernel/fork.c"), shows("fs/inode.c"))
	b.do(chromedp.Navigate(gate), chromedp.Click(chromedp.CSS(`input[value=alice]`)), shows("7 of 7 files reviewed"))
	b.do(chromedp.Navigate(play), press("dave: rebase"))
	b.untilLoaded(gate, "6 of 7 files reviewed")

	plain := b.tab()
	plain.axe = "" // is a script
	plain.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	plain.see("gate-plain", gate, "6 of 7 files reviewed")
	plain.do(chromedp.Navigate(gate+"?q=fs/ino"), shows("fs/inode.c"), hides("kernel/fork.c"))
	plain.do(chromedp.SendKeys(chromedp.CSS(`input[value=alice]`), " "), press("See"), shows("7 of 7 files reviewed"))
	plain.do(chromedp.Navigate(play), press("alice: approve"))
	plain.untilLoaded(gate, "7 of 7 files reviewed")
}

// TestThresholdsInABrowser looks at what thresholds would have let pass of what was merged.
func TestThresholdsInABrowser(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	w := newWorld(t, worldOptions{policy: "version: 1\nthreshold: 50%\nassign: off\ncomment: off\n", idle: true})
	w.extra = "public_url: " + gateHome + "\n"
	w.start(nil)
	for i, paths := range [][]string{{"mm/a.c"}, {"mm/b.c", "fs/b.c"}, {"mm/c.c"}} {
		pr := w.open(fmt.Sprint("topic", i), paths...)
		w.expect(pr, "in_progress", "0 of")
		w.later()
		w.review(pr, "alice", fake.Approved)
		w.expect(pr, "success", "1 of")
		_, err := pr.Merge("carol")
		check0(t, err)
		w.served()
	}
	page := "http://" + w.svc.Public() + "/github/acme/linux/-/thresholds"
	b.see("thresholds", page, "3 pull requests were merged")
	b.seeChinese("thresholds-zh", page, "100%")
	repo := strings.TrimSuffix(page, "/-/thresholds")
	b.see("repository-merged", repo, "by week")
	b.seeChinese("repository-merged-zh", repo, "%")
}

// seeChinese sees a page in Chinese, in which who chose it reads on until they choose again.
func (b *browser) seeChinese(name, address, text string) {
	b.t.Helper()
	b.see(name, address+"?lang=zh-CN", text)
	for _, then := range []string{"", "?lang=en"} {
		b.do(chromedp.Navigate(address + then))
		if in := ask(b, chromedp.Evaluate[string](`document.documentElement.lang`)); (in == "en") != (then != "") {
			b.t.Errorf("%s%s is in %s", name, then, in)
		}
	}
}

// signedIn signs in as one person after the other, and looks at what only they see, while a pull
// request waits for alice.
func (b *browser) signedIn(gate string) {
	b.t.Helper()
	home, _, _ := strings.Cut(gate, "/github/")
	repo := gate[:strings.LastIndex(gate, "/")]
	b.see("me-stranger", home+"/-/me", "Sign in")
	b.do(chromedp.Navigate(gate), follow("Sign in"), follow("Sign in by github"), shows("Sign in as"))
	b.accessible("the demo's page of people")
	b.do(press("alice"), shows("6 of 7 files reviewed"))
	b.see("me", home+"/-/me", "1 pull request waits for your review")
	b.seeChinese("me-zh", home+"/-/me", "acme/linux#1")
	b.see("repository-signed-in", repo, "#1")
	b.seeChinese("repository-signed-in-zh", repo, "#1")
	b.see("owners", repo+"?path=fs/inode.c", "bob")
	b.see("thresholds-empty", repo+"/-/thresholds", "0 pull requests")
	b.see("admin-refused", home+"/-/admin", "no such page")
	b.do(chromedp.Navigate(gate), press("Sign out alice"))
	b.see("me-signed-out", home+"/-/me", "Sign in")
	b.do(chromedp.Navigate(gate), follow("Sign in"), follow("Sign in by github"), press("carol (administrator)"))
	b.see("admin", home+"/-/admin", "Webhooks since the start")
	b.seeChinese("admin-zh", home+"/-/admin", "生效的配置")
	b.do(chromedp.Navigate(gate), press("Sign out carol"))
}

// browser is a tab of Chromium. What its console says of errors fails the test.
type browser struct {
	t        *testing.T
	ctx      context.Context //nolint:containedctx // chromedp keeps a tab in it
	pictures string
	axe      string
}

// newBrowser starts Chromium, or skips the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("REVIEWGATE_CHROMIUM") == "required" {
			t.Fatal(err)
		}
		t.Skipf("needs Chromium, as Debian's package chromium has it: %v", err)
	}
	b := &browser{t: t, pictures: os.Getenv("REVIEWGATE_PICTURES")}
	if file := os.Getenv("REVIEWGATE_AXE"); file != "" {
		text, err := os.ReadFile(file) //nolint:gosec // named by whoever runs the tests
		check0(t, err)
		b.axe = string(text)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(time.Minute))
	ctx, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(end)
	b.open(ctx)
	return b
}

// open has a tab be opened below a context.
func (b *browser) open(ctx context.Context) {
	b.t.Helper()
	ctx, end := chromedp.NewContext(ctx)
	b.t.Cleanup(end)
	b.ctx = ctx
	b.do()
	said := chromedp.Console(ctx)
	go func() {
		for message, err := range said {
			if err != nil {
				return // the tab is closed
			}
			if wrong := message.Type == chromedp.ConsoleError || message.Type == chromedp.ConsoleException; wrong &&
				!strings.Contains(message.Text, "404") { // a page that is absent is asked for
				b.t.Errorf("the browser complains of %s: %s", message.URL, message.Text)
			}
		}
	}()
}

// tab is one more of the same browser.
func (b *browser) tab() *browser {
	b.t.Helper()
	more := &browser{t: b.t, pictures: b.pictures, axe: b.axe}
	more.open(b.ctx)
	return more
}

// do does things one after the other, and ends the test where one can't be done.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if len(actions) == 0 { // a browser lives as long as the context that starts it
		check0(b.t, chromedp.Do(b.ctx))
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("body"))) // to be told, if it is there
		b.t.Fatalf("%v; the page shows:\n%.4000s", err, text)
	}
}

// ask is what an action returns.
func ask[T any](b *browser, action chromedp.Action[T]) (out T) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) (err error) {
		out, err = action(ctx, t)
		return err
	}))
	return out
}

// shows waits until a page has a text, and hides until it has it no more.
func shows(text string) chromedp.Action[chromedp.Void] { return textOnPage(text, true) }
func hides(text string) chromedp.Action[chromedp.Void] { return textOnPage(text, false) }

func textOnPage(text string, want bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			shown, err := chromedp.Text(chromedp.CSS("main"))(ctx, t)
			if err != nil {
				return err
			}
			if strings.Contains(shown, text) == want {
				return nil
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%q on the page: not %t: %w", text, want, ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// press presses a button that loads a page.
func press(text string) chromedp.Action[chromedp.Void] {
	return loading(chromedp.Click(`//button[text()="` + text + `"]`))
}

// follow follows a link.
func follow(text string) chromedp.Action[chromedp.Void] {
	return loading(chromedp.Click(`//a[text()="` + text + `"]`))
}

// loading does what has a page be loaded, and waits for it.
func loading(do chromedp.Action[chromedp.Void]) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.WaitEvent(browserpage.LoadEventFired, nil, do)(ctx, t)
		return err
	})
}

// command sends a command of the protocol.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// untilLoaded loads a page until its verdict has a text.
func (b *browser) untilLoaded(address, text string) {
	b.t.Helper()
	wait(b.t, time.Minute, fmt.Sprintf("%s says %q", address, text), func() bool {
		b.do(chromedp.Navigate(address))
		return strings.Contains(ask(b, chromedp.Text(chromedp.CSS(".verdict"))), text)
	})
}

// see loads a page on a desk and on a phone, in light and in dark, where it must show a text and
// fit, and takes pictures.
func (b *browser) see(name, address, text string) {
	b.t.Helper()
	for _, screen := range []struct {
		name  string
		width int64
		dark  string
	}{{"desk", 1200, "light"}, {"phone", 360, "dark"}} {
		scheme := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: screen.dark}}
		b.do(chromedp.EmulateViewport(screen.width, 800),
			command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: scheme}), chromedp.Navigate(address), shows(text))
		picture := ask(b, chromedp.FullScreenshot(100))
		if ask(b, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`)) {
			b.t.Errorf("%s is wider than a %s", name, screen.name)
		}
		if b.pictures != "" {
			check0(b.t, os.MkdirAll(b.pictures, 0o750),
				os.WriteFile(filepath.Join(b.pictures, "page-"+name+"-"+screen.name+".png"), picture, 0o600))
		}
		b.accessible(name + " on a " + screen.name)
	}
}

// finding is something that axe found.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML string }
}

// accessible has axe look over the open page: nothing serious may be found.
func (b *browser) accessible(what string) {
	b.t.Helper()
	if b.axe == "" {
		return
	}
	ask(b, chromedp.Evaluate[int](b.axe+";0"))
	found := ask(b, chromedp.Evaluate[string](`axe.run().then(r => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise))
	var all []finding
	check0(b.t, json.NewDecoder(bytes.NewBufferString(found)).Decode(&all))
	for _, f := range all {
		if f.Impact == "serious" || f.Impact == "critical" {
			b.t.Errorf("%s: %s, %s: %s\n%v", what, f.Impact, f.ID, f.Help, f.Nodes)
		}
	}
}
