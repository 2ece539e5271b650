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

// asking is a comment or a review with commands.
type asking struct {
	key      string
	before   string // the key that it had before it was edited; empty if it was not
	node     string
	id       int64
	who      pull.Person
	edited   bool
	commands []command.Command
}

// answer answers the commands that were not answered yet: by words where a command is
// refused or asks for words, and those of people with a right by a reaction, too. It is
// best effort: a verdict does not depend on it, and what fails is tried at the next run,
// or, if it was a limit, when that has passed; what the forge refuses for good is not
// tried again.
func (g *Gate) answer(ctx context.Context, run *Run) error {
	if g.cfg.Answerer == nil || !run.Gated || run.Verdict.Outcome == "" {
		return nil
	}
	answered := len(run.memory.Answered)
	may := rule.WithRight(run.inputs.Snapshot)
	for _, ask := range askings(&run.inputs.Snapshot) {
		right := may(ask.who)
		if answered >= maxAnswers || !right && answered >= maxToStrangers || run.answered(ask.key) {
			continue
		}
		words, refused := g.reply(run, ask)
		if !right && words == "" {
			continue
		}
		err := g.writer.Carry(ctx, run.Ref, effects.Effect{Lacks: "the forge takes no answer to a command; it is not tried again", Call: func(answer *history.Facts) error {
			err := errors.Join(g.retract(ctx, run, ask), g.say(ctx, run.Ref, ask, words, refused, right))
			if err == nil || effects.ForGood(err) {
				answer.Answered = []history.Answer{{Key: ask.key}}
			}
			return err
		}})
		switch {
		case effects.AtLimit(err):
			return err
		case err != nil:
			g.cfg.Log.WarnContext(ctx, "command not answered", run.Ref.Fields("error", err)...)
		default:
			answered++
		}
	}
	return nil
}

func (r *Run) answered(key string) bool {
	return slices.ContainsFunc(r.memory.Answered, func(a history.Answer) bool { return a.Key == key })
}

// retract takes back the thumbs up that a comment got before it was edited.
func (g *Gate) retract(ctx context.Context, run *Run, ask asking) error {
	if ask.before == "" || !run.answered(ask.before) {
		return nil
	}
	return g.cfg.Answerer.Retract(ctx, run.Ref.Repo, ask.node, seam.ThumbsUp)
}

// say gives the reaction, to people with a right, and the words.
func (g *Gate) say(ctx context.Context, ref pull.Ref, ask asking, words string, refused, right bool) error {
	reaction := seam.ThumbsUp
	if refused {
		reaction = seam.ThumbsDown
	}
	if right {
		if err := g.cfg.Answerer.React(ctx, ref.Repo, ask.node, reaction); err != nil {
			return err
		}
	}
	if words == "" {
		return nil
	}
	return g.cfg.Answerer.Reply(ctx, ref, ask.key, words)
}

// askings are the comments and reviews of people that hold commands, in order.
func askings(s *policy.Snapshot) []asking {
	req := &s.Request
	var out []asking
	for _, c := range req.Comments {
		commands := slices.DeleteFunc(command.Commanding(c.Body), func(c command.Command) bool {
			return !s.HoldsSpoken && (c.Verb == command.VerbHold || c.Verb == command.VerbRelease)
		})
		if len(commands) > 0 && !c.Author.Bot && c.Author.Login != "" {
			out = append(out, asking{key: fmt.Sprint("comment ", c.ID), node: c.Node, id: c.ID, who: c.Author, edited: c.Edited, commands: commands})
		}
	}
	for _, r := range req.Reviews {
		commands := command.Commands(r.Body)
		scoped := slices.ContainsFunc(commands, func(c command.Command) bool {
			return c.Verb == command.VerbApprove || c.Verb == command.VerbUnclear
		})
		if scoped && r.State == pull.Approved && !r.Author.Bot && r.Author.Login != "" {
			out = append(out, asking{key: fmt.Sprint("review ", r.ID), node: r.Node, id: r.ID, who: r.Author, edited: r.Edited, commands: commands})
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

// reply gives the words that answer an asking, if any, and whether one of its
// commands is refused.
func (g *Gate) reply(run *Run, ask asking) (words string, refused bool) {
	var lines []string
	language := run.Verdict.Language
	say := func(text func() string) {
		if len(lines) < maxOfOne {
			lines = append(lines, text())
		}
	}
	for _, c := range ask.commands {
		var why policy.Note
		switch c.Verb {
		case command.VerbWhy:
			say(func() string { return g.cfg.Words.Why(run.Verdict, c.Text) })
			continue
		case command.VerbRecheck:
		case command.VerbApprove, command.VerbUnclear:
			why = rule.WhyNotApproved(run.inputs.Snapshot, run.Verdict, ask.id, c, ask.edited)
		case command.VerbOverride, command.VerbCancel:
			why = rule.WhyNotOverridden(run.inputs.Snapshot, run.Verdict, ask.who, c, ask.id, ask.edited)
		case command.VerbLift:
			why = rule.WhyNotLifted(run.inputs.Snapshot, ask.who, c, ask.edited)
		case command.VerbHold:
			why = rule.WhyNotHeld(run.Verdict, ask.who)
		case command.VerbRelease:
		}
		if why.Code != "" {
			refused = true
			why.Who, why.Commit = ask.who.Login, run.Head
			say(func() string { return g.cfg.Words.Note(language, why) })
		}
	}
	words = strings.Join(lines, "\n\n")
	if len(words) > maxReply {
		words = strings.ToValidUTF8(words[:maxReply], "") + " …"
	}
	return words, refused
}
