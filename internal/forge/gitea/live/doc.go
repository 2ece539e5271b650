// Package live holds the adapter to a real Gitea, which the tests build, start on this
// machine and play stories on, with real webhooks and real git. They run if
// REVIEWGATE_GITEA is 1:
//
//	REVIEWGATE_GITEA=1 go test ./internal/forge/gitea/live/...
//
// The server is built once (12 minutes of a processor, 109 MB) into the user's cache, from
// the module in tool, which belongs to nothing else. REVIEWGATE_GITEA_PROGRAM names one that
// is there already.
package live
