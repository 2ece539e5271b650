// Package web shows people what the gate decided: a page for each pull request, to which
// the Details of its checks lead, one for each repository, and one that judges what was merged
// there by other thresholds.
//
// It promises that a page says what an evaluation said, as it was, and nothing of a
// repository that not everybody may read. Pages are written by the server and work without
// script; a script that comes along filters as one types, and looks again while a page is
// open. The same address gives the same as JSON to who accepts application/json.
//
// Threats, and what holds against each:
//
//   - Titles, branches, paths, names of areas and words of reviews come from strangers. They
//     are data: html/template and publish.Sentence escape them, characters that are not seen
//     are shown, and no script or style stands in a page (Content-Security-Policy):
//     TestStrangersWordsAreData, TestHeaders.
//   - A page of a repository that is private, or of which the forge does not say that it is
//     public, is none: the answer is that of a page that is not there, whether it exists or
//     not: TestPrivateIsAbsent.
//   - Who asks for pages again and again keeps neither webhooks nor evaluations out: few are
//     made at once, the others wait a moment or are turned away, and the forge is asked about
//     a repository once a minute at most: TestManyVisitors, TestVisibilityIsKept. What
//     thresholds would do is found out for one repository at a time, within bounds, and kept
//     for a while: TestThresholdsAreKept, TestThresholdsEnd.
//   - An address leads nowhere else: nothing redirects, and links go to the forge that is
//     configured, by the links that the evaluation was made with.
package web
