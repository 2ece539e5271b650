package doctor

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Forge is what was read of one forge as a whole.
type Forge struct {
	Name string // as configured
	// Fault says why the forge can't be reached with this configuration at all, such as
	// that the key is none; nothing else was read then.
	Fault string
	// Clock is how far the forge's clock is ahead of ours; nil where it told no time.
	Clock *time.Duration
	// AppID is the configured number of the App; 0 where a token is configured.
	AppID     int64
	PublicURL string // as configured; may be empty
	// Login is an account's answer to whether it takes the App's key, or the token.
	Login         Login
	App           App
	Installations Installations
	Hook          Hook
	Deliveries    Deliveries
	Token         Token
	// More is what the forge's adapter found out by itself; whose it is, is filled in.
	More []Finding
}

// Login is how a forge took who we say that we are.
type Login struct {
	State LoginState
	Said  string // the forge's words, where it did not take it
}

// LoginState is the kind of such an answer.
type LoginState int

// The kinds.
const (
	Taken      LoginState = iota
	NotTaken              // the key is not that of the App, or the token is none
	NoSuchApp             // there is no App with the number
	WrongTimes            // the times that were signed are not those of the forge
	NotAnswered
)

// App is what an App's own settings say.
type App struct {
	ID          int64
	Slug        string
	Permissions map[string]string // name to access
	Events      []string
}

// Installations are where the App is installed.
type Installations struct {
	List   []Installation
	Unread string // why they could not be read; empty if they were
}

// Installation is the App in one account. Its permissions are those that the account
// has accepted.
type Installation struct {
	Account      string
	Suspended    bool
	Permissions  map[string]string
	Events       []string
	Repositories int    // -1: not counted
	Unread       string // why its repositories could not be counted
}

// Hook is where the App's webhook goes to.
type Hook struct {
	URL, ContentType string // ContentType is empty where it is not told
	Insecure         bool   // certificates are not checked
	Secret           bool   // one is set
	Unread           string
}

// Deliveries are the last webhooks, the newest first, one for each event.
type Deliveries struct {
	List   []Delivery
	Unread string
}

// Delivery is how a webhook was answered.
type Delivery struct {
	Status int    // of the last attempt; 0: none
	Words  string // the forge's, for that
	Done   bool   // one of the attempts was taken
}

// Token is what is known of a token.
type Token struct {
	Login  string
	Scopes []string
	Told   bool // Scopes are told
	// Untold says when a forge does not tell them, Look what to look for then.
	Untold, Look string
	Needs        []Scope
	// Safer says what keeps others from writing the gate's status, or from gaining by it;
	// empty where it writes none.
	Safer string
}

// Scope is what a token has to have.
type Scope struct {
	Any    []string // of these one at least, the one to ask for first
	Lost   string   // what is lost without
	Needed bool     // the gate does not work without
}

// What clocks may differ.
const (
	slowClock = 30 * time.Second
	wrongTime = time.Minute
)

// OfForge finds out what is wrong with a forge as a whole. That all is well it says,
// too.
func OfForge(f Forge) []Finding {
	n := &notes{forge: f.Name}
	if f.Fault != "" {
		n.add("credential", Error, f.Fault, "the service does not start with it", "mend the configuration of this forge")
		return n.list
	}
	n.login(f)
	n.clock(f)
	if f.Login.State != Taken {
		return n.list
	}
	if f.AppID == 0 {
		n.token(f.Token)
		for _, one := range f.More {
			one.Forge = f.Name
			n.list = append(n.list, one)
		}
		return n.list
	}
	n.rights("", rights(), f.App.Permissions, f.App.Events)
	n.installations(f)
	n.hook(f)
	n.deliveries(f.Deliveries)
	return n.list
}

func (n *notes) login(f Forge) {
	const check = "credential"
	said := ""
	if f.Login.Said != "" {
		said = " (the forge says: " + f.Login.Said + ")"
	}
	off := f.Clock != nil && f.Clock.Abs() > wrongTime
	switch {
	case f.Login.State == NotAnswered:
		n.unread(check, "whether the forge takes our credential can't be told", f.Login.Said,
			"see that api_url is right, and that the forge can be reached from here")
	case f.Login.State == Taken && f.AppID == 0:
		n.ok(check, "the token is %s's", f.Token.Login)
	case f.Login.State == Taken && f.App.ID == f.AppID:
		n.ok(check, "acting as %s[bot], App %d", f.App.Slug, f.App.ID)
	case f.Login.State == Taken:
		n.add(check, Error, fmt.Sprintf("App id and key do not belong together: app.id is %d, and the key is that of App %d, %s", f.AppID,
			f.App.ID, f.App.Slug),
			"checks would be required from another App than the one that writes them",
			fmt.Sprintf("set app.id to %d, or take a key of App %d", f.App.ID, f.AppID))
	case f.AppID == 0:
		n.add(check, Error, "the forge does not take the token"+said, "nothing can be read or written",
			"make a new token and put it into token_file; see that it has not expired")
	case f.Login.State == WrongTimes || off && f.Login.State == NotTaken:
		n.add(check, Error, "the forge refuses the times that we sign"+said,
			"an App signs each call with the time, and the forge takes about a minute of difference", "set this machine's clock, for example by NTP")
	case f.Login.State == NoSuchApp:
		n.add(check, Error, fmt.Sprintf("App id and key do not belong together: the forge knows no App with the id %d%s", f.AppID, said),
			"nothing can be read or written",
			"copy the App ID from the App's settings into app.id, and see that api_url is the forge that the App is of")
	default:
		n.add(check, Error, fmt.Sprintf("App id and key do not belong together: the private key is none of App %d%s", f.AppID, said),
			"nothing can be read or written",
			"copy the App ID from the App's settings into app.id, and generate a private key there for app.private_key_file")
	}
}

func (n *notes) clock(f Forge) {
	const check = "clock"
	if f.Clock == nil {
		n.add(check, CannotTell, "how far our clock is from the forge's can't be told", "the forge told no time", "try again when it answers")
		return
	}
	why := "what happened before a push, and what after it, is told by times"
	if f.AppID != 0 {
		why = "an App signs each call with the time, and the forge takes about a minute of difference"
	}
	off, side := f.Clock.Abs().Round(time.Second), "behind"
	if *f.Clock < 0 {
		side = "ahead of"
	}
	what := fmt.Sprintf("this machine's clock is %s %s the forge's", off, side)
	const do = "set this machine's clock, for example by NTP"
	switch {
	case off <= slowClock:
		n.ok(check, "this machine's clock and the forge's differ by %s", off)
	case off > wrongTime && f.AppID != 0:
		n.add(check, Error, what, why, do)
	default:
		n.add(check, Warning, what, why, do)
	}
}

// rights tells of what is missing. account is whose installation it is; empty for the
// App itself.
func (n *notes) rights(account string, of []right, permissions map[string]string, events []string) {
	missing := lacking(of, permissions, events)
	for _, r := range missing {
		what, do := "the App lacks the "+r.String(),
			"add it in the App's settings under Permissions & events; each account that it is installed in has to accept new permissions"
		if account != "" {
			what = account + " has not accepted the " + r.String()
			do = "have an owner of " + account + " accept the App's new permissions, under its settings, Installed GitHub Apps"
		}
		n.add(r.check(), r.severity(), what, r.lost, do)
	}
	if len(missing) == 0 && account == "" {
		n.ok("permissions", "the App has all permissions and events that it needs")
	}
}

func (n *notes) installations(f Forge) {
	const check = "installation"
	if f.Installations.Unread != "" {
		n.unread(check, "where the App is installed can't be told", f.Installations.Unread, "try again later")
		return
	}
	// What the App itself lacks is told already.
	asked := slices.DeleteFunc(rights(), func(r right) bool {
		return len(lacking([]right{r}, f.App.Permissions, f.App.Events)) > 0
	})
	var accounts []string
	repos, counted := 0, true
	for _, i := range f.Installations.List {
		if i.Suspended {
			n.add(check, Warning, "the App is suspended in "+i.Account,
				"its pull requests are left alone, and where the check is required they can't be merged", "have an owner of "+i.Account+
					" unsuspend or uninstall it")
			continue
		}
		n.rights(i.Account, asked, i.Permissions, i.Events)
		if accounts = append(accounts, i.Account); i.Unread != "" {
			n.unread(check, "the repositories of "+i.Account+" can't be told", i.Unread, "try again later")
		}
		counted = counted && i.Repositories >= 0
		repos += max(i.Repositories, 0)
	}
	if len(accounts) == 0 {
		n.add(check, Warning, "the App is installed nowhere, or nowhere that it is not suspended", "there is nothing to watch",
			"install it: open the App's page and choose Install")
		return
	}
	given := count(repos, "repository", "repositories")
	if !counted {
		given = "at least " + given
	}
	n.ok(check, "the App is installed in %s; it is given %s", some(accounts), given)
	if counted && repos == 0 {
		n.add(check, Warning, "the App is given no repository", "there is nothing to watch", "choose repositories in the App's installation")
	}
}

func (n *notes) hook(f Forge) {
	const check = "webhook"
	const deaf = "the service hears of nothing, and looks only every few minutes"
	path := "/webhooks/" + f.Name
	h := f.Hook
	if h.Unread != "" {
		n.unread(check, "where the App's webhook goes to can't be told", h.Unread,
			"see in the App's settings that the webhook is active and its address ends in "+path)
		return
	}
	want := "an address that ends in " + path
	if f.PublicURL != "" {
		want = strings.TrimSuffix(f.PublicURL, "/") + path
	}
	switch {
	case h.URL == "":
		n.add(check, Error, "the App has no webhook", deaf, "set it in the App's settings to "+want)
	case f.PublicURL == "" && strings.HasSuffix(strings.TrimSuffix(h.URL, "/"), path):
		n.add(check, CannotTell, "whether the webhook's address, "+h.URL+", is ours can't be told", "public_url is not configured",
			"set public_url to where people reach the service; checks link to it, too")
	case f.PublicURL != "" && sameURL(h.URL, want):
		n.ok(check, "the webhook goes to %s", h.URL)
	case f.Deliveries.accepted():
		n.add(check, Warning, "the webhook goes to "+h.URL+", and not to "+want,
			"something there accepts them as this service does; if it does not hand them on to it, "+deaf, "set it in the App's settings to "+want+
				", unless it is meant")
	default:
		n.add(check, Error, "the webhook goes to "+h.URL+", and not to "+want, deaf, "set it in the App's settings, or mend public_url")
	}
	if h.URL == "" {
		return
	}
	if h.ContentType != "json" && h.ContentType != "" {
		n.add(check, Error, fmt.Sprintf("the webhook's content type is %q", h.ContentType),
			"the service reads JSON only, and refuses what comes", "choose application/json in the App's settings")
	}
	if h.Insecure {
		n.add(check, Warning, "the webhook does not verify certificates", "whoever is in between can read events of private repositories",
			"enable SSL verification in the App's settings")
	}
	if !h.Secret {
		n.add("webhook_secret", Error, "the webhook has no secret", "the service refuses what is not signed",
			"set the one of webhook_secret_file in the App's settings")
	} else {
		n.ok("webhook_secret", "the webhook has a secret")
	}
}

// sameURL compares addresses as servers do.
func sameURL(a, b string) bool {
	normal := func(text string) string {
		u, err := url.Parse(text)
		if err != nil {
			return text
		}
		scheme, port := strings.ToLower(u.Scheme), u.Port()
		if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
			port = ""
		}
		return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port + strings.TrimSuffix(u.EscapedPath(), "/") + "?" + u.RawQuery
	}
	return normal(a) == normal(b)
}

// Statuses by which the service answers webhooks.
const (
	accepted    = 202
	badSecret   = 401
	unavailable = 503
)

// accepted reports whether the newest delivery was answered as the service does.
func (d Deliveries) accepted() bool { return len(d.List) > 0 && d.List[0].Status == accepted }

func (n *notes) deliveries(d Deliveries) {
	const check = "webhook_deliveries"
	if d.Unread != "" {
		n.unread(check, "whether webhooks arrive can't be told", d.Unread, "see in the App's settings under Advanced")
		return
	}
	kinds := map[string]int{}
	var order []string
	failed := 0
	for _, one := range d.List {
		if one.Done {
			continue
		}
		failed++
		kind := fmt.Sprint("HTTP ", one.Status)
		if one.Status == 0 {
			kind = cmp.Or(one.Words, "no answer")
		}
		if kinds[kind]++; kinds[kind] == 1 {
			order = append(order, kind)
		}
	}
	if len(d.List) == 0 || failed == 0 {
		n.ok(check, "of the last %s none failed", count(len(d.List), "webhook", "webhooks"))
		return
	}
	slices.SortStableFunc(order, func(a, b string) int { return kinds[b] - kinds[a] })
	for i, kind := range order {
		order[i] = fmt.Sprintf("%d with %s", kinds[kind], kind)
	}
	s, newest := Warning, d.List[0]
	if !newest.Done {
		s = Error
	}
	do := "see in the App's settings under Advanced what was answered, and in the service's log; the service asks for failed ones again"
	switch newest.Status {
	case badSecret:
		do = "set the secret of webhook_secret_file in the App's settings: the signature does not fit"
	case unavailable:
		do = "see in the service's log why it could not store them: a full disk, or a database that does not answer"
	}
	n.add(check, s, fmt.Sprintf("of the last %s %d failed: %s", count(len(d.List), "webhook", "webhooks"), failed, some(order)),
		"what they told is noticed only by a sweep, or when they are delivered again", do)
}

func (n *notes) token(t Token) {
	if t.Safer != "" {
		n.statuses(t)
	}
	const check = "permissions"
	if !t.Told {
		n.add(check, CannotTell, "what the token may do can't be told", t.Untold, t.Look)
		return
	}
	n.scopes(check, t)
}

// statuses tells that others may write them.
func (n *notes) statuses(t Token) {
	n.add("statuses", Warning, "a token writes commit statuses, which have no expected source",
		"everybody who may write to a repository can set the same status by hand, and open the gate", t.Safer)
}

// scopes tells which the token lacks.
func (n *notes) scopes(check string, t Token) {
	var has []string
	for _, scope := range t.Needs {
		switch s := Warning; {
		case slices.ContainsFunc(scope.Any, func(name string) bool { return slices.Contains(t.Scopes, name) }):
			has = append(has, scope.Any[0])
		case scope.Needed:
			s = Error
			fallthrough
		default:
			n.add(check, s, "the token has not the scope "+strings.Join(scope.Any, " or "), scope.Lost, "give it the scope "+scope.Any[0])
		}
	}
	if len(has) == len(t.Needs) {
		n.ok(check, "the token has the scopes %s", strings.Join(slices.Compact(has), ", "))
	}
}
