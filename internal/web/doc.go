// Package web shows people what the gate decided: a page for each pull request, to which
// the Details of its checks lead, one for each repository, and one that judges what was merged
// there by other thresholds.
//
// It promises that a page says what an evaluation said, as it was, and nothing of a
// repository to whom the forge does not let read it. People sign in by their forge (package
// signin). Pages are written by the server and work without
// script; a script that comes along filters as one types, and looks again while a page is
// open. The same address gives the same as JSON to who accepts application/json.
//
// # Threats
//
// What holds against each:
//
//   - Titles, branches, paths, names of areas and words of reviews come from strangers. They
//     are data: html/template and publish.Sentence escape them, characters that are not seen
//     are shown, and no script or style stands in a page (Content-Security-Policy):
//     TestStrangersWordsAreData, TestHeaders.
//   - A page of a repository that is private, or of which the forge does not say that it is
//     public, is none for strangers, for whom the forge does not let read it, and for who could
//     until now: the answer is that of a page that is not there, whether it exists or not, and
//     also while the forge does not answer: TestPrivateIsAbsent, TestPrivatePages,
//     TestPeopleSeeWhatTheyMayRead, TestEveryRoute.
//   - What a forge said of somebody gets old: it is believed for a minute, by the number of the
//     account, and not after an event that may have changed it: TestAccessIsBelievedAMinute,
//     TestAnswerOfBeforeAnEvent, TestMayRead.
//   - Somebody has another one signed in, as themselves or as somebody else: what comes back
//     from a forge belongs to what this very browser began, once, and the forge holds its code
//     to that where it can: TestOnlyWhoBeganIsSignedIn, TestSignIn.
//   - Somebody knows a session of before, or reads the database: a session is new when somebody
//     signs in, and what is stored is a hash: TestSessionIsNew.
//   - A browser is left open, or its cookies are taken: sessions end when they are not used, in
//     the end anyway, and for everybody at once when somebody signs out; scripts and other
//     hosts have no part in them: TestSessionsEnd, TestSignOut, TestCookies.
//   - Other sites have browsers send forms of ours: TestOtherSitesSendNothing.
//   - The address to come back to leads elsewhere: it is one of ours or none: TestLocal.
//   - Strangers try to sign in again and again: they are counted by address in a bounded memory,
//     and leave nothing in the database: TestComers, TestManyComers, TestNotSignedIn.
//   - Who signed in has the forge asked about everything: so often in a minute: TestAskingIsBounded.
//   - A forge lies or fails when it is asked who somebody is, or repeats our secrets: nobody is
//     signed in, and the log has no secret: TestForgeThatDoesNotSay.
//   - What waits for somebody tells of repositories that they may not read, or can't any more, or
//     is shown to others: TestMe, TestMeIsForWhoSignedIn; or it has the forge asked without end:
//     TestMeIsBounded.
//   - Somebody looks how the service fares, or has work done, who is no admin: there is no such
//     page for them: TestAdminIsForAdmins, TestAdminsSeeTheService, TestAdminsByTeam,
//     TestTeamReadBeforeAnEvent; and who does has nobody wait for a forge: TestTeamThatHangs. What it shows has no secret:
//     TestShownHasNoSecret; and is so long at most: TestAdminIsBounded.
//   - How much people have to do, and how soon they do it, is nobody's business but theirs who
//     work together: TestLoadIsForWhoSignedIn, TestPaceIsForWhoSignedIn,
//     TestLoadOfAreas, TestResponsesOfAreas.
//   - Who asks for pages again and again keeps neither webhooks nor evaluations out: few are
//     made at once, the others wait a moment or are turned away, and the forge is asked about
//     a repository once a minute at most: TestManyVisitors, TestVisibilityIsKept,
//     TestSigningInIsApart, TestSlowForgeIsNotAwaited. What thresholds would do is found out for
//     one repository at a time, within bounds, and kept for a while: TestThresholdsAreKept,
//     TestThresholdsEnd. A tree is read for a page every few hours at most, by a worker, and no
//     page waits for it: TestSurveyIsAskedForSeldom.
//   - An address leads nowhere else: nothing redirects but to sign in, and links go to the forge
//     that is configured, by the links that the evaluation was made with: TestHeaders,
//     TestSignInAndOut.
package web
