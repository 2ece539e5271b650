package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/effects"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/command"
	"github.com/reviewgate/reviewgate/internal/policy/rule"
	"github.com/reviewgate/reviewgate/internal/publish"
	"github.com/reviewgate/reviewgate/internal/pull"
	"github.com/reviewgate/reviewgate/internal/seam"
)

// maxAnswers is how many commands of one pull request are answered, maxToStrangers of how
// many those of people without a right may be, maxOfOne how many of one comment; what is
// beyond is heeded all the same, as far as it may be, and the check shows it. maxReply is
// how long an answer is, in bytes. A thumbs up is for all commands of a comment.
const (
	maxAnswers     = 20
	maxToStrangers = 5
	maxOfOne       = 10
	maxReply       = 30_000
)

// commandComment is a comment or a review with commands.
type commandComment struct {
	key      string
	before   string // the key that it had before it was edited; empty if it was not
	node     string
	id       int64
	who      pull.Person
	edited   bool
	commands []command.Command
}

// answer answers the commands that were not answered yet: those of people with a right by
// a reaction, and, where a command is refused or asks for words, by words, all of them in
// one comment that quotes what it answers. It is best effort: a verdict does not depend on
// it, and what fails is tried at the next run, or, if it was a limit, when that has passed;
// what the forge refuses for good is not tried again.
func (g *Gate) answer(ctx context.Context, run *Run) error {
	if g.cfg.Answerer == nil || !run.Gated || run.Verdict.Outcome == "" {
		return nil
	}
	answered := len(run.memory.Answered)
	may := rule.WithRight(run.inputs.Snapshot)
	var words []reply
	for _, ask := range askings(&run.inputs.Snapshot) {
		right := may(ask.who)
		if answered >= maxAnswers || !right && answered >= maxToStrangers || run.answered(ask.key) {
			continue
		}
		text, refused := g.reply(run, ask)
		if !right && text == "" {
			continue
		}
		err := g.writer.Carry(ctx, run.Ref, effects.Effect{Lacks: "the forge takes no answer to a command; it is not tried again",
			Call: func(answer *history.Update) error {
				err := errors.Join(g.retract(ctx, run, ask), g.react(ctx, run.Ref, ask, refused, right))
				if text == "" && (err == nil || effects.ForGood(err)) {
					answer.Answered = []history.Answer{{Key: ask.key}}
				}
				return err
			}})
		switch {
		case effects.AtLimit(err):
			return err
		case err != nil:
			g.cfg.Log.WarnContext(ctx, "command not answered", run.Ref.Fields("error", err)...)
			continue
		case text != "":
			words = append(words, reply{ask.key, text})
		}
		answered++
	}
	return g.replyAll(ctx, run, words)
}

// reply is what answers a comment or review in words.
type reply struct{ key, text string }

// replyAll writes words to all who get some in one comment.
func (g *Gate) replyAll(ctx context.Context, run *Run, words []reply) error {
	if len(words) == 0 {
		return nil
	}
	var keys, texts []string
	var answers []history.Answer
	for _, w := range words {
		keys, texts = append(keys, w.key), append(texts, w.text)
		answers = append(answers, history.Answer{Key: w.key})
	}
	body := publish.Cut(strings.Join(texts, "\n\n"), maxReply)
	err := g.writer.Carry(ctx, run.Ref, effects.Effect{Lacks: "the forge takes no answer to a command; it is not tried again",
		Call: func(answer *history.Update) error {
			err := g.cfg.Answerer.Reply(ctx, run.Ref, strings.Join(keys, ", "), body)
			if err == nil || effects.ForGood(err) {
				answer.Answered = answers
			}
			return err
		}})
	if err != nil && !effects.AtLimit(err) {
		g.cfg.Log.WarnContext(ctx, "command not answered", run.Ref.Fields("error", err)...)
		return nil
	}
	return err
}

func (r *Run) answered(key string) bool {
	return slices.ContainsFunc(r.memory.Answered, func(a history.Answer) bool { return a.Key == key })
}

// retract takes back the thumbs up that a comment got before it was edited.
func (g *Gate) retract(ctx context.Context, run *Run, ask commandComment) error {
	if ask.before == "" || !run.answered(ask.before) {
		return nil
	}
	return g.cfg.Answerer.Retract(ctx, run.Ref.Repo, ask.node, seam.ThumbsUp)
}

// react returns the reaction, to people with a right.
func (g *Gate) react(ctx context.Context, ref pull.Ref, ask commandComment, refused, right bool) error {
	if !right {
		return nil
	}
	reaction := seam.ThumbsUp
	if refused {
		reaction = seam.ThumbsDown
	}
	return g.cfg.Answerer.React(ctx, ref.Repo, ask.node, reaction)
}

// askings are the comments and reviews of people that hold commands, in order.
func askings(s *policy.Snapshot) []commandComment {
	req := &s.Request
	var out []commandComment
	for _, c := range req.Comments {
		commands := slices.DeleteFunc(command.Commanding(c.Body), func(c command.Command) bool {
			return !s.HoldsSpoken && (c.Verb == command.VerbHold || c.Verb == command.VerbRelease)
		})
		if len(commands) > 0 && !c.Author.Bot && c.Author.Login != "" {
			out = append(out, commandComment{key: fmt.Sprint("comment ", c.ID), node: c.Node, id: c.ID, who: c.Author, edited: c.Edited,
				commands: commands})
		}
	}
	for _, r := range req.Reviews {
		commands := command.Commands(r.Body)
		scoped := slices.ContainsFunc(commands, func(c command.Command) bool {
			return c.Verb == command.VerbApprove || c.Verb == command.VerbUnclear
		})
		if scoped && r.State == pull.Approved && !r.Author.Bot && r.Author.Login != "" {
			out = append(out, commandComment{key: fmt.Sprint("review ", r.ID), node: r.Node, id: r.ID, who: r.Author, edited: r.Edited,
				commands: commands})
		}
	}
	for i := range out {
		if a := &out[i]; a.edited { // what it says now was not answered
			a.before = a.key
			a.key += " edited"
		}
	}
	return out
}

// reply returns the words that answer an asking, if any, and whether one of its
// commands is refused.
func (g *Gate) reply(run *Run, ask commandComment) (words string, refused bool) {
	var lines []string
	for _, c := range ask.commands {
		said, no := g.replyTo(run, ask, c)
		refused = refused || no
		if said != "" && len(lines) < maxOfOne {
			lines = append(lines, g.words(run).Answer(ask.who.Login, c.Line, said))
		}
	}
	return publish.Cut(strings.Join(lines, "\n\n"), maxReply), refused
}

// replyTo returns the words that answer one command, if any, and whether it is refused.
func (g *Gate) replyTo(run *Run, ask commandComment, c command.Command) (words string, refused bool) {
	s, v := run.inputs.Snapshot, run.Verdict
	var why policy.Note
	switch c.Verb {
	case command.VerbWhy:
		return g.words(run).Why(v, c.Text).Markdown(), false
	case command.VerbHelp:
		return g.words(run).Help(v, s.Rules.CommentApprovals, s.HoldsSpoken), false
	case command.VerbUnknown:
		why = policy.Note{Code: policy.NoteUnknownCommand, Text: c.Text, By: c.Who}
	case command.VerbApprove, command.VerbUnclear:
		why = rule.WhyNotApproved(s, v, ask.id, c, ask.edited)
	case command.VerbOverride, command.VerbCancel:
		if why = rule.WhyNotOverridden(s, v, ask.who, c, ask.id, ask.edited); why.Code == "" && c.Verb == command.VerbOverride &&
			v.Override != nil {
			return g.words(run).Note(v.Language, policy.Note{Code: policy.NoteOverride, Who: v.Override.Who, Commit: v.Override.Commit,
				At: v.Override.At, Count: len(v.Override.Files), Text: v.Override.Reason}).Markdown(), false
		}
	case command.VerbLift:
		why = rule.WhyNotLifted(s, ask.who, c, ask.edited)
	case command.VerbHold:
		why = rule.WhyNotHeld(s, v, ask.who)
	case command.VerbRelease:
		why = rule.WhyNotReleased(v, ask.who, ask.edited)
	case command.VerbRecheck:
	}
	if why.Code == "" {
		return "", false
	}
	why.Who, why.Commit = ask.who.Login, run.Head
	return g.words(run).Note(v.Language, why).Markdown(), true
}

// words say things of a run's pull request, with links to it.
func (g *Gate) words(run *Run) *publish.Messages {
	in := &run.inputs
	return g.cfg.Messages.Leading(in.Links.Of(run.Ref, in.Snapshot.Request.BaseTip, in.OwnSources()))
}
