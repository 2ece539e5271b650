package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/reviewgate/reviewgate/internal/forge/github"
)

// TestReachOfAForge holds that any answer is one, and none is none.
func TestReachOfAForge(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	remote, err := github.New(github.Config{Name: "github", APIURL: server.URL, Token: "t"})
	check0(t, err)
	check0(t, remote.Reach(t.Context()))
	server.Close()
	if remote.Reach(t.Context()) == nil {
		t.Error("reached a forge that is gone")
	}
}
