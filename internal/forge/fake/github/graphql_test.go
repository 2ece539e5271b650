package github_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
	"github.com/reviewgate/reviewgate/internal/forge/fake/github"
)

// ask makes a query as a user and gives its data and errors as JSON.
func (w *world) ask(as, query string, vars obj) (data map[string]any, errors string) {
	w.t.Helper()
	got := w.want(200, as, "POST", "/api/graphql", obj{"query": query, "variables": vars}).object(w.t)
	data, _ = got["data"].(map[string]any)
	if got["errors"] != nil {
		errors = string(must(json.Marshal(got["errors"]))(w.t))
	}
	return data, errors
}

// pick follows keys and positions into an answer.
func pick(v any, path ...any) any {
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[step.(string)]
		case []any:
			v = at[step.(int)]
		default:
			return nil
		}
	}
	return v
}

func TestGraphQLManyAliases(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	files, vars := map[string]*fake.File{}, obj{"owner": "acme", "name": "app", "oid": ""}
	var params, fields strings.Builder
	const n = 6000
	for i := range n {
		path := fmt.Sprintf("drivers/d%02d/sub%d/f%04d.c", i%60, i%7, i)
		files[path] = &fake.File{Content: fmt.Sprint(i)}
		vars[fmt.Sprintf("p%d", i)] = path
		fmt.Fprintf(&params, ",$p%d:String!", i)
		fmt.Fprintf(&fields, "f%d:file(path:$p%d){mode oid type}\n", i, i)
	}
	vars["oid"] = w.commit(fake.Change{Author: "alice", Files: files})
	query := "query($owner:String!,$name:String!,$oid:GitObjectID!" + params.String() +
		"){repository(owner:$owner,name:$name){object(oid:$oid){... on Commit{" + fields.String() + "}}}}"
	start := time.Now()
	data, errors := w.ask("bob", query, vars)
	t.Logf("%d aliases took %v", n, time.Since(start))
	equal(t, "", errors)
	commit := pick(data, "repository", "object").(map[string]any)
	equal(t, n, len(commit))
	equal(t, any(33188.0), pick(commit, "f5999", "mode"))
	calls := w.Calls()
	equal(t, 1, calls[len(calls)-1].Points)
}

func TestGraphQLPullRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	w.commit(fake.Change{Branch: "feature", Author: "carol", CoAuthors: []string{"bob", "Eve <eve@x.example>"}, Files: text("c", "c")})
	w.commit(fake.Change{Branch: "other", From: "main", Author: "alice", Files: text("o", "o")})
	p := w.open(fake.Opening{Head: "feature", Author: "carol"})
	check(t, p.RequestReviewers("alice", []string{"dave"}, []string{"core"}))
	id := must(p.Review(fake.Review{By: "alice", State: fake.Approved, Body: "ok"}))(t)
	check(t, second(p.Review(fake.Review{By: "mallory", State: fake.Approved})),
		second(p.Review(fake.Review{By: "bob", Body: "draft"})),
		p.EditReview("alice", id, "better"), p.Dismiss("bob", id, "stale"),
		p.Retarget("carol", "other"), p.Retarget("carol", "main"), w.DeleteUser("mallory"))
	data, errors := w.ask("carol", `query($n:Int!,$no:Boolean=false){repository(owner:"acme",name:"app"){pullRequest(number:$n){
		state author{__typename login ...on User{databaseId} ...on Bot{databaseId}} baseRef{name target{oid}} isDraft @include(if:$no)
		reviews(first:10){totalCount nodes{...R}}
		commits(last:1){nodes{commit{authors(first:9){nodes{email user{login}}} parents(first:1){totalCount}
			file(path:"README"){mode object{...on Blob{text isBinary}}}}}}
		reviewRequests(first:9){nodes{requestedReviewer{__typename ...on User{login} ...on Team{slug organization{login}}}}}
		timelineItems(first:50,itemTypes:[BASE_REF_CHANGED_EVENT,REVIEW_DISMISSED_EVENT]){totalCount nodes{__typename
			...on BaseRefChangedEvent{actor{login} currentRefName previousRefName}
			...on ReviewDismissedEvent{actor{login} previousReviewState review{databaseId}}}}
		files(first:1){totalCount pageInfo{hasNextPage endCursor} nodes{path changeType}}}}}
		fragment R on PullRequestReview{state lastEditedAt author{login} authorCanPushToRepository commit{oid}}`, obj{"n": 1})
	equal(t, "", errors)
	pull := pick(data, "repository", "pullRequest")
	equal(t, any("carol"), pick(pull, "author", "login"))
	if _, there := pull.(map[string]any)["isDraft"]; there {
		t.Error("a field that was not to be included")
	}
	reviews := pick(pull, "reviews", "nodes")
	equal(t, any(2.0), pick(pull, "reviews", "totalCount"))
	equal(t, []any{"DISMISSED", true, "APPROVED", nil, false}, []any{
		pick(reviews, 0, "state"), pick(reviews, 0, "lastEditedAt") != nil,
		pick(reviews, 1, "state"), pick(reviews, 1, "author"), pick(reviews, 1, "authorCanPushToRepository"),
	})
	authors := pick(pull, "commits", "nodes", 0, "commit", "authors", "nodes")
	equal(t, []any{"carol", "bob", nil}, []any{
		pick(authors, 0, "user", "login"), pick(authors, 1, "user", "login"), pick(authors, 2, "user"),
	})
	equal(t, any("hello\n"), pick(pull, "commits", "nodes", 0, "commit", "file", "object", "text"))
	equal(t, any("core"), pick(pull, "reviewRequests", "nodes", 1, "requestedReviewer", "slug"))
	items := pick(pull, "timelineItems", "nodes")
	equal(t, []any{"ReviewDismissedEvent", "bob", "APPROVED", float64(id), "BaseRefChangedEvent", "other"}, []any{
		pick(items, 0, "__typename"), pick(items, 0, "actor", "login"), pick(items, 0, "previousReviewState"),
		pick(items, 0, "review", "databaseId"), pick(items, 1, "__typename"), pick(items, 1, "currentRefName"),
	})
	equal(t, any(true), pick(pull, "files", "pageInfo", "hasNextPage"))
}

func TestGraphQLObjectsAndPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	data, errors := w.ask("bob", `{repository(owner:"acme",name:"app"){
		a:object(expression:"HEAD:src/a.go"){__typename oid} b:object(expression:"main:src"){...on Tree{entries{name path mode type}}}
		c:object(expression:"main:none"){oid} d:object(expression:"feature"){__typename} e:ref(qualifiedName:"refs/heads/none"){name}}
		organization(login:"acme"){team(slug:"core"){all:members(first:9){nodes{login}} direct:members(first:9,membership:IMMEDIATE){totalCount}
			childTeams(first:5){nodes{slug}}} none:team(slug:"none"){slug}}
		user(login:"bob"){login status{indicatesLimitedAvailability}} viewer{login} rateLimit{cost limit remaining}}`, nil)
	equal(t, "", errors)
	equal(t, []any{"Blob", "a.go", "Commit", nil, nil, 1.0, "kernel", nil, "bob", 1.0}, []any{
		pick(data, "repository", "a", "__typename"), pick(data, "repository", "b", "entries", 0, "name"),
		pick(data, "repository", "d", "__typename"), pick(data, "repository", "c"), pick(data, "repository", "e"),
		pick(data, "organization", "team", "direct", "totalCount"),
		pick(data, "organization", "team", "childTeams", "nodes", 0, "slug"), pick(data, "organization", "none"),
		pick(data, "viewer", "login"), pick(data, "rateLimit", "cost"),
	})
	for i := range 5 {
		w.commit(fake.Change{Branch: fmt.Sprint("b", i), From: "main", Author: "carol", Files: text("x", fmt.Sprint(i))})
		w.open(fake.Opening{Head: fmt.Sprint("b", i), Author: "carol"})
	}
	var seen []any
	after := any(nil)
	for {
		data, errors := w.ask("bob", `query($after:String){repository(owner:"acme",name:"app"){pullRequests(first:2,after:$after,states:[OPEN],
			orderBy:{field:CREATED_AT,direction:DESC}){nodes{number} pageInfo{hasNextPage endCursor}}}}`, obj{"after": after})
		equal(t, "", errors)
		page := pick(data, "repository", "pullRequests")
		for _, node := range pick(page, "nodes").([]any) {
			seen = append(seen, pick(node, "number"))
		}
		if after = pick(page, "pageInfo", "endCursor"); pick(page, "pageInfo", "hasNextPage") == false {
			break
		}
	}
	equal(t, []any{5.0, 4.0, 3.0, 2.0, 1.0}, seen)
}

func TestGraphQLRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, github.Options{})
	w.open(fake.Opening{Head: "feature", Author: "carol"})
	for query, want := range map[string]string{
		`{repository(owner:"acme",name:"none"){id}}`:                                                                                               "NOT_FOUND",
		`{repository(owner:"acme",name:"app"){pullRequest(number:9){id}}}`:                                                                         "NOT_FOUND",
		`{repository(owner:"acme",name:"app"){pullRequests{totalCount}}}`:                                                                          "MISSING_PAGINATION_BOUNDARIES",
		`{repository(owner:"acme",name:"app"){pullRequests(first:101){totalCount}}}`:                                                               "EXCESSIVE_PAGINATION",
		`{repository(owner:"acme",name:"app"){nope}}`:                                                                                              "Cannot query field",
		`{repository(owner:"acme",name:"app"){pullRequests(first:100){nodes{commits(first:100){nodes{commit{parents(first:100){totalCount}}}}}}}}`: "MAX_NODE_LIMIT_EXCEEDED",
	} {
		if _, errors := w.ask("bob", query, nil); !strings.Contains(errors, want) {
			t.Errorf("%s: %s, want %s", query, errors, want)
		}
	}
	w.want(401, "", "POST", "/graphql", obj{"query": "{viewer{login}}"})
	data, _ := w.ask("bob", `{repository(owner:"acme",name:"app"){pullRequests(first:100){nodes{reviews(first:50){totalCount} commits(first:20){totalCount}}}} rateLimit{cost}}`, nil)
	equal(t, any(2.0), pick(data, "rateLimit", "cost"))
}
