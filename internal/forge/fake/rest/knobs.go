package rest

import "fmt"

// Knob is something that nobody has tried on a forge, or that differs between its servers: a
// number, 0 for off.
type Knob struct {
	Name    string
	Default int
	About   string // what it means where it is not 0
}

// The knobs' names.
const (
	PushKeeps       = "push-keeps"
	RewriteKeeps    = "rewrite-keeps"
	RetargetResets  = "retarget-resets"
	SilentApprovals = "silent-approvals"
	ApprovalsMove   = "approvals-move"
	EmptyContents   = "empty-contents"
	AskingIgnored   = "asking-ignored"
	FinalIgnored    = "final-ignored"
	TwinsShare      = "twins-share"
	BareRuns        = "bare-runs"
	NeutralFails    = "neutral-fails"
	NoAdministrator = "no-administrator"
	ResetAsOne      = "reset-as-one"
	MachineWords    = "machine-words"
	Password        = "password"
	SilentEdits     = "silent-edits"
	LateComments    = "late-comments"
	ChecksTold      = "checks-told"
	BaseByCall      = "base-by-call"
)

// Knobs are all of them: what is open in what is known of Gitee and of GitCode.
func Knobs() []Knob {
	return []Knob{
		{PushKeeps, 0, "a push leaves acceptances as they are"},
		{RewriteKeeps, 0, "a push that rewrites the branch and keeps each file's patch leaves them as they are"},
		{RetargetResets, 0, "another base branch takes acceptances back"},
		{SilentApprovals, 0, "no webhook tells of acceptances, and of who is assigned or a tester"},
		{ApprovalsMove, 0, "these move the pull request's time of change"},
		{EmptyContents, 0, "a path that is missing is an empty list, not 404"},
		{AskingIgnored, 0, "who can't be asked is passed over; else the call is refused, and nobody is asked"},
		{FinalIgnored, 0, "a change of a completed check run is taken and has no effect; else it is refused"},
		{TwinsShare, 0, "a check run is that of its commit, whatever pull request it names"},
		{BareRuns, 0, "check runs are listed as an array, without a count"},
		{NeutralFails, 0, "a required check lets only success pass, not neutral and skipped"},
		{NoAdministrator, 0, "the gate's account may write, and does not administrate: no check runs"},
		{ResetAsOne, 0, "a reset takes back what everybody accepted, not only what the caller did"},
		{MachineWords, 0, "a webhook's event is written as merge_request_hooks, not as Merge Request Hook"},
		{Password, 0, "webhooks carry the secret itself, not a signature"},
		{SilentEdits, 0, "no webhook tells of another title, of drafts, and of comments that are edited or deleted"},
		{ChecksTold, 0, "webhooks tell of check runs, by a word that nobody has seen"},
		{BaseByCall, 0, "the target branch of a pull request can be changed by the API"},
		{LateComments, 0, "so many reads of a comment that was just written do not find it"},
	}
}

// Turn sets a knob.
func (s *Server) Turn(name string, n int) error {
	s.Lock()
	defer s.Unlock()
	if _, ok := s.knobs[name]; !ok {
		return fmt.Errorf("no knob %q", name)
	}
	s.knobs[name] = n
	return nil
}

// Knob is how a knob is turned.
func (s *Server) Knob(name string) int {
	s.Lock()
	defer s.Unlock()
	return s.knobs[name]
}

// Is reports whether a knob is not off; under the lock.
func (s *Server) Is(name string) bool { return s.knobs[name] != 0 }
