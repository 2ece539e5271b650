package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/assign/requests"
	"github.com/reviewgate/reviewgate/internal/history"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/pull"
)

// Moved are statements that fill the tables that became kinds of facts, as they were in
// the version before, of pull request 1. They hold what is hard to carry over, too.
const Moved = `
INSERT INTO repo (forge, owner, name, gated_at) VALUES ('github', 'acme', 'linux', 0);
INSERT INTO asked (repo_id, number, head, login, refused, at, why) VALUES
	(1, 1, 'h2', 'Zoe', false, 1700000003000001,
		'{"v":1,"who":"","state":"","files":2,"subsystems":["a\"b\\c","\u0000","文"],"load":0.1,"knows":0.25,"helper":true}'),
	(1, 1, 'h1', 'Bob', true, 0, '{}'),
	(1, 1, 'h1', '@acme/MM "x" \ ''y''', false, 1700000004123456, '{"who":"","state":"","load":1e-7}');
INSERT INTO comment_record (repo_id, number, forge_id, digest, done) VALUES (1, 1, 9007199254740993, 'd2', true), (1, 2, 6, '', false);
INSERT INTO label (repo_id, number, name, at, done, taken) VALUES
	(1, 1, 'ZZ top', 1700000007123450, true, false),
	(1, 1, 'Ärger', 0, false, false), (1, 1, '文件 "系统"', 1700000008000000, false, true), (1, 1, 'fs', 1, true, true);
INSERT INTO objection (repo_id, number, review, spoken, body) VALUES
	(1, 1, 9007199254740993, false,
		'{"v":1,"value":{"review":9007199254740993,"author":{"Login":"Ann","ID":7,"Bot":false},"at":"2023-11-14T22:13:20Z",
		"teams":["acme/mm"]}}'),
	(1, 1, 7, true,
		'{"v":1,"value":{"review":7,"spoken":true,"author":{"Login":"Bob","ID":0,"Bot":false},"at":"2023-11-14T22:13:20Z","ended":true}}'),
	(1, 1, 7, false,
		'{"v":1,"value":{"review":7,"author":{"Login":"Bob","ID":0,"Bot":false},"commit":"h1","at":"2023-11-14T22:13:20Z","no_write":true}}');
INSERT INTO cancelled (repo_id, number, login, person, bot, at) VALUES
	(1, 1, 'bob', 9007199254740993, true, 1700000006123456),
	(1, 1, 'Ann', 7, false, 1700000006123456), (1, 1, 'Zoe', 0, false, 1700000005123456), (1, 1, 'Old', 0, false, 0);
INSERT INTO answered (repo_id, number, key, words) VALUES (1, 1, 'review 6', true), (1, 1, 'comment 9', false), (1, 1, 'comment 10', true);
INSERT INTO account (repo_id, login, id) VALUES (1, 'bob', 9007199254740993), (1, 'Ann', 7);
`

// large is a number that a float64 does not hold.
const large = 9007199254740993

// moved is what must be recalled of it.
func moved() history.PullHistory {
	second := time.Unix(1_700_000_000, 0).UTC()
	return history.PullHistory{
		Asked: []requests.Requested{
			{Head: "h2", Login: "Zoe", At: time.UnixMicro(1700000003000001).UTC(), Why: policy.RequestVerdict{
				Files: 2, Subsystems: []string{`a"b\c`, "\x00", "文"}, Load: 0.1, Knows: 0.25, Helper: true}},
			{Head: "h1", Login: "Bob", Refused: true},
			{Head: "h1", Login: `@acme/MM "x" \ 'y'`, At: at(4), Why: policy.RequestVerdict{Load: 1e-7}},
		},
		Comment: history.CommentRecord{ID: fmt.Sprint(int64(large)), Digest: "d2", Done: true},
		Labels: []history.LabelRecord{
			{Name: "fs", At: time.UnixMicro(1).UTC(), Done: true, Taken: true},
			{Name: "ZZ top", At: time.UnixMicro(1700000007123450).UTC(), Done: true},
			{Name: "Ärger"}, {Name: `文件 "系统"`, At: second.Add(8 * time.Second), Taken: true},
		},
		Objections: []pull.Objection{
			{Review: 7, Author: pull.Person{Login: "Bob"}, Commit: "h1", At: second, NoWrite: true},
			{Review: 7, Spoken: true, Author: pull.Person{Login: "Bob"}, At: second, Ended: true},
			{Review: large, Author: pull.Person{Login: "Ann", ID: 7}, At: second, Teams: []string{"acme/mm"}},
		},
		Cancels: []policy.Cancel{
			{Who: pull.Person{Login: "Old"}}, {Who: pull.Person{Login: "Zoe"}, At: at(5)},
			{Who: pull.Person{Login: "Ann", ID: 7}, At: at(6)}, {Who: pull.Person{Login: "bob", ID: large, Bot: true}, At: at(6)},
		},
		Answered: []history.Answer{{Key: "comment 10"}, {Key: "comment 9"}, {Key: "review 6"}},
		Accounts: []history.Account{{Login: "Ann", ID: 7}, {Login: "bob", ID: large}},
	}
}

// MovedFacts holds that a store which was opened on a database with Moved recalls all of
// it, and knows each of them again.
func MovedFacts(t *testing.T, s Store) {
	t.Helper()
	want := moved()
	same(t, "memory", want, recall(t, s, old(1)))
	same(t, "memory of another one", history.PullHistory{Comment: history.CommentRecord{ID: "6"}, Accounts: want.Accounts},
		recall(t, s, old(2)))
	again := history.Update{
		Asked: []requests.Requested{{Head: "h2", Login: "ZOE", Refused: true}}, Comment: &history.CommentRecord{ID: "8"},
		Labels:     []history.LabelRecord{{Name: "zz TOP"}, {Name: "Ärger", Done: true}, {Name: `文件 "系统"`, Gone: true}},
		Objections: []pull.Objection{{Review: 7, Spoken: true}, {Review: large}},
		Cancels:    []policy.Cancel{{Who: pull.Person{Login: "BOB"}, At: at(6)}, {Who: pull.Person{Login: "OLD"}}},
		Answered:   []history.Answer{{Key: "comment 9"}}, Accounts: []history.Account{{Login: "BOB", ID: 1}},
	}
	check(t, s.Remember(t.Context(), old(1), again))
	want.Asked[0], want.Comment = again.Asked[0], *again.Comment
	want.Labels = []history.LabelRecord{want.Labels[0], again.Labels[0], again.Labels[1]}
	want.Objections[1], want.Objections[2] = again.Objections[0], again.Objections[1]
	same(t, "memory after the same facts", want, recall(t, s, old(1)))
}

// LaterFacts holds that facts of a version or a kind that is not known are errors, and never
// facts that are not there. exec runs a statement on the database.
func LaterFacts(t *testing.T, s Store, exec func(statement string)) {
	t.Helper()
	for _, tt := range [][2]string{
		{`UPDATE fact SET body = '{"v":1000,"value":{"key":{}}}' WHERE kind = 'answered' AND key = 'comment 9'`, "a later version"},
		{`UPDATE fact SET kind = 'milestone' WHERE kind = 'answered'`, "does not know"},
	} {
		exec(tt[0])
		if m, err := s.Recall(t.Context(), old(1)); err == nil || !strings.Contains(err.Error(), tt[1]) {
			t.Errorf("recalled %+v: %v, want %q", m, err, tt[1])
		}
	}
}
