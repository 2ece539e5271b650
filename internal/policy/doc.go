// Package policy says what goes into a decision of the gate, what comes out, and by
// which rule.
//
// A Policy is what a project asks for, and Rules what holds of it for one pull
// request: which branches are gated, under which names of checks, and what a
// service's Minimum makes of it all. A Snapshot is everything that was read in
// one moment, a Verdict the decision with a line per file that says why. The
// package promises that no Minimum can be weakened, that checks of branches that
// are judged differently have different names, and that what is stored keeps its
// keys.
//
// How a Snapshot comes to its Verdict is left to package rule, a policy's YAML to
// package policyfile, reading the forge to package gate, words to package publish.
//
// The rest of this comment is the rule. Code and tests cite it by section. What it
// does not cover fails closed: what was not read, or not understood, never passes,
// and the verdict says why. The adversary is an author who can push to some branch;
// the friend is a maintainer in a hurry.
//
// # §1 Words
//
//   - Changed file: a path that differs between merge base and head, with its old
//     path if it was renamed or copied.
//   - Content of a changed file: path, old path, status, and mode and object id on
//     both sides; the object id of a submodule is its commit. Patch text is shown and
//     never compared: it may be cut, and a hunk that moved between two similar
//     functions looks the same.
//   - Subsystem: a named area with path patterns, maintainers, optional reviewers,
//     contact, labels and rules of its own.
//   - Ownership source: a file that says who owns what (formats: package
//     ownership/formats). A symbolic link or a submodule in its place, or above it, is
//     an error, not an absent file.
//   - Maintainer: a person or team whose approval makes a file of the subsystem
//     reviewed. Reviewer: one who may be asked; the approval counts only with
//     reviewers_count.
//   - Person: a login per forge, with the number that the account had when it was
//     first seen. Rights come from the login. Addresses in commits, trailers and profiles
//     only take rights away. Logins compare without case. Accounts that are gone approve
//     nothing. A bot approves only if the map lists it with bot: true.
//   - Counted file: a changed file in the denominator. Reviewed file: a counted file
//     with enough valid approvals. Ratio: reviewed by counted, two integers.
//   - Floor: the threshold of a subsystem, held against its own counted files.
//   - Verdict: success, pending, failure or error, and for each file the reason.
//
// # §2 From file to subsystems
//
//   - A renamed file needs enough approvals from owners of the old path and enough
//     from owners of the new one; one person may be both. A copy is judged by its new
//     path.
//   - Each format has a mode. All matching subsystems own (map, MAINTAINERS,
//     owners.yaml), or the last rule that matches (CODEOWNERS; in sections, the last
//     of each, and each needs approvals of its own), or the nearest file and its
//     parents (OWNERS). Several sources add up.
//   - A fallback subsystem owns what no other subsystem of any source owns.
//   - overlap: any (default): one owning subsystem suffices. each: every one needs
//     its own approvals.
//   - unowned: unreviewed (default): nobody can approve the file. anyone: a person
//     with write permission can, under all of §3. exempt: it is listed and not counted.
//   - A subsystem with fewer people who may approve than min_approvals is unstaffed.
//     Its files go to the fallback if those who are missing are the author or
//     accounts that are gone. For any other reason (a team that can't be read, people
//     who contributed) they stay unreviewed. Lack of people makes nothing reviewed.
//   - Only path patterns give the right to approve. What MAINTAINERS matches by
//     content (K:) suggests whom to ask.
//   - A pattern that does not compile, or a file that does not parse, is an error. An
//     owner that is nobody is a warning. A line that the format's own tool certainly
//     skips is skipped, with a warning where it matters; where that is not certain it
//     is an error.
//
// # §3 Which approvals count
//
// Reviews are taken per person and file, in order of submission, then by id. Reviews
// that are not submitted are ignored. All approvals since the person's last request
// for changes or dismissal add up, each for the content that it saw. A comment changes
// nothing. A dismissal brings no older approval back.
//
// An approval counts for a file if all of this holds:
//
//   - Its author maintains an owning subsystem, directly or through a team.
//   - Its author neither opened the pull request nor contributed to the file.
//   - The file is unchanged since the review: its content is what the review saw, or
//     only the base moved and a clean three-way merge gives exactly today's mode and
//     blob. So a rebase, a squash or a merge of the base keeps approvals, and a push
//     drops those of the files that it touched.
//   - The approval's scope, if it has one, matches the file, and both paths of a
//     rename.
//
// Contributors to a file are those who authored, committed or co-authored
// (Co-authored-by, Co-developed-by) a commit of the pull request that touches it.
// exclude_contributors says what follows: files (default), committers (not the author
// of a commit that somebody else committed, as in a backport), all or none.
// Signed-off-by, Reviewed-by and the like make nobody a contributor; nor does a merge
// of the base whose tree is git's clean merge of its parents. An address is that of
// everybody to whom the forge, the people file, .mailmap or an ownership source gives
// it; a bot's is nobody's, as anybody can write it. With unknown_contributors: blocks, a
// file touched under an address that is nobody's needs one approval more. Contributors
// are those of all heads seen of the pull request that the approval was given on, and
// the authors of its twins.
//
// Trailers:
//
// A commit's message may say who reviewed it (Reviewed-by). That gives no right and takes
// none. With trailers: warn or blocks, one behind which no approval of the person stands that
// counts for a file is told, or keeps the gate closed until the line goes, they review, or
// somebody overrides. Whose the address is the same sources say as of those who wrote
// something; one that is nobody's is backed by nobody.
//
// What a review saw:
//
//  1. Its commit is the one that it named at first sight, in the first signed delivery
//     or look that had it. Where the forge names another one later, nothing changes.
//     First sight needs proof that this commit was the head before the submission: an
//     earlier look, the delivery of the submission itself, or the forge's own times
//     (force-push events, check suites), never dates inside commits. Without proof the
//     approval does not count and its author is asked again. On a forge that never
//     moves a review's commit, the commit is its own proof.
//  2. Its diff is what that commit shows alike against two base tips: that of the last
//     look before the review began, ten minutes before its submission in the forge's
//     times, and that of the first look that had it. Where no look is so early, the
//     first one stands in, if the forge tells when the base moved and it did not move
//     between. Base moves that the forge tells of only take away. No clock of the
//     service is compared with a clock of the forge.
//  3. A review without a commit counts only if head, base branch and merge base are the
//     same at both looks and the forge tells of no push between; else for what both
//     show alike.
//  4. Its words are those of first sight. A review that was edited before anybody saw
//     it counts for nothing.
//
// Commands stand at the start of a line, after marks of lists and emphasis, outside
// quotes and blocks of code. The verb is read as it looks, the scope byte for byte. In
// an approving review, a line that begins with nearly a verb and has anything behind
// it makes the approval count for nothing, and its author is told; so does a word of a
// scope that matches no path of the reviewed commit. A bare /approve or /lgtm, links,
// paths and prose are no commands. What looks like the cancellation of an override
// cancels it. Comments approve only with comment_approvals, and name the head by all
// its digits.
//
// approvals_after_push: unchanged is all of the above. head counts approvals of the
// present head only. keep counts an approval of any commit of the pull request for the
// files listed there, and the check calls it unsafe. min_approvals is the number of
// distinct people per file, or with overlap: each, per owning subsystem.
//
// Objections: a maintainer's request for changes blocks while they maintain a changed
// file (changes_requested: blocks, the default, or ignored). It ends by a later
// approval of theirs on the same pull request that counts for a file; by the dismissal
// of that review by a person who is neither author nor contributor, no bot, and not
// the forge itself; or by /lift LOGIN REASON of somebody in override.allowed who is
// neither author, contributor nor the objector, if the review was dismissed by somebody
// whose dismissal ends nothing, or is gone from the forge. An account that is gone keeps its rights as last read. Where a
// team can't be read, only a certain word of the forge that the person may not write
// ends the block. On a forge without requests for changes, a maintainer's /hold
// [REASON] is one, and /hold cancel ends it.
//
// # §4 Ratio, thresholds, verdict
//
//   - Counted are the changed files, less those that ignore matches, generated ones
//     with generated: ignore, and exempt ones. A rename is left out only if both its
//     paths are.
//   - Protected files are always counted and must each be reviewed: the policy, the
//     ownership sources, whatever else gives people addresses or logins, .gitattributes,
//     .gitmodules and submodules, CI definitions, and what protected matches. If nobody
//     owns one, it needs a person of override.allowed.
//   - threshold: 80% means reviewed*100 >= 80*counted; "> 80%" means more. Decimals
//     are exact. Thresholds below 0% or above 100%, "> 100%" and min_approvals below 1
//     are errors.
//   - A ratio can be padded with easy files. max_unreviewed caps the number that may
//     miss review, untouched: warn, blocks or allowed says what a subsystem with
//     counted files and none reviewed does, and a success below 100% lists what is
//     unreviewed.
//   - Floors are held against a subsystem's counted files as reviewed by its own
//     maintainers. All floors and the threshold must hold.
//   - Nothing counted is a success only if files are listed and all of them left out,
//     or if the head's tree is the merge base's. Otherwise it is an error.
//
// The verdict is the first that applies:
//
//   - error: the policy, a source, a team or the list of files could not be read
//     whole. The last good verdict is not used again.
//   - failure: a maintainer blocks.
//   - pending: review is missing (below_threshold: failure makes it a failure).
//   - success: everything holds, or an override stands in, or mode is warn and the
//     text begins with the warning.
//
// mode is enforce, warn, or off, which writes nothing. enforce_from: DATE means warn
// until 00:00 UTC of that day; then all open pull requests are judged again.
//
// Reading is one moment: head, base branch, base tip and number of files are read
// before and after the rest, and if one moved the reading starts again.
//
// The list is whole: as long as the forge says, and below the length at which the
// forge cuts. If it is not, or if the pull request holds merges, it is held against
// the trees, and paths that it lacks are added, unreviewed.
//
// Success is taken back for good: what the forge answers to a write is compared with
// what was asked for. If the forge refuses a text or keeps an old conclusion, something
// that it does take is written at once.
//
// Old success: when a head is superseded, retargeted, or its pull request closed
// unmerged, its success is set to pending, unless another open pull request with that
// check still earns it. A merged pull request keeps its check. A green head whose new
// events can't be judged within seconds is set to pending first.
//
// Twins are open pull requests with one head and one base branch. They have one
// verdict: approvals add up, each held against the past of the pull request that it
// was given on; all their authors are excluded; any block blocks. Of more than 20,
// those of the repository's own branches first, then the oldest, the rest lends no
// approvals, but its authors and blocks count.
//
// Gated branches: the policy's branches name them, and the first pattern that matches
// decides mode, thresholds and min_approvals. Without the key only the default branch
// is gated. Other branches get no check.
//
// Check names: a check belongs to a commit, so a success earned towards one branch
// stands for every branch whose check has the same name. {branch} in a name stands
// for the base branch so that no two branches share one: every byte outside
// [a-z0-9._/-] is written as %XX. To a name without {branch} that two rules have, or
// that a pattern and the default branch have, /{branch} is added, except for the
// branch that is named literally first. A family with a name of its own stays as it is
// written. shared_check lists branches that share one name on purpose.
//
// Override: /override SHA REASON of a person in override.allowed, neither author nor
// contributor, stands in for missing reviews and floors, never for a block or an
// error. It is bound to head, base branch and merge base, cancelled by /override
// cancel, recorded and shown. A pull request that touches only policy and ownership
// files, and is valid in its own version, may be overridden despite an error by those
// whom the service's configuration names.
//
// Merge queue: every member of a group is judged afresh, by the policy at the group's
// base. The group's changes must be those of its members, and pending is written as
// failure.
//
// # §5 What people see
//
//   - One check run, or one commit status where the gate acts by a token, of a name
//     that the policy gives (default review-gate), with a title of 140 characters at
//     most.
//   - A summary: the ratio, a row per subsystem, the files that miss review with those
//     who can review them, the rest folded; within the forge's limit, cut on a line.
//   - One comment, edited in place, only if the gate warns or blocks.
//   - Whom to ask is always who can approve this change, not whom the map lists.
//   - Everything in the policy's language, en or zh-CN. Names of people, branches and
//     files are data: escaped, and nobody is notified by accident.
//   - Nothing is written if nothing changed. The conclusions neutral and skipped, which
//     forges let pass, are never written.
//
// # §6 Whom to ask
//
// Asked is the smallest set of people who can bring the ratio over every threshold,
// given who approved and who is asked already, assign.max, absences and load; of equal
// sets the less loaded one, then by a hash of pull request and login. People who are
// asked stay. Nobody is asked twice for one head. A draft asks nobody. Whom the forge
// refuses is left out, and the others are asked.
//
// respond_within is how soon the first review of an area should come. It is told to people
// (package response), and no outcome hangs on it.
//
// # §7 Where the policy comes from
//
// The policy is read from the repository's default branch, never from the pull
// request; then from the organisation's .github repository; then from the service's
// configuration. The first that exists is the policy. Absent means that the tree was
// read and has no such file; a 404 that may be a lag or a lack of permission is an
// error. If there is none anywhere the gate is off.
//
// No policy weakens the service's Minimum, by any key. Files and teams of another owner
// are read only where the service's configuration trusts that owner, and never for
// what a pull request proposes; of a file elsewhere only the line and the kind of a
// fault are shown. Ownership and people are read from the base branch's tip, or from
// where the policy says. An unknown key is an error with its line. A pull request that
// changes policy or ownership is judged by the base's version, and its check says what
// its own would bring.
//
// # §8 Scenarios
//
// Each is a test, a story of package rule (policy/NAME), or one of the whole service
// (story/NAME).
//
//   - Approved, then changes requested, by one person, blocks:
//     story/approved-then-changes-requested. Approved, then commented, stays:
//     story/approved-then-commented.
//   - The latest approval dismissed, an older one exists: no approval:
//     story/latest-dismissed.
//   - The author dismisses a block, or a bot does: it blocks:
//     story/author-dismisses-a-block, story/bot-dismisses-a-block.
//   - A push touches another's file: mine stays reviewed:
//     story/push-touches-another-file. It touches mine: only that file is unreviewed:
//     story/push-touches-my-file.
//   - Rebase, squash, base merged in, with the same content or a clean merge:
//     everything stays: story/rebase, story/squash, story/base-merged-in,
//     story/rebase-clean-merge. A conflict resolved in my file: that file is
//     unreviewed: story/conflict-resolved.
//   - A retarget or a rewritten base that widens a file's diff: that file is
//     unreviewed: story/retarget-widens, story/base-rewritten.
//   - A force push back to an approved commit: what was approved there counts:
//     story/force-push-back.
//   - A reviewed hunk dropped, moved or pasted elsewhere: unreviewed:
//     story/hunk-dropped, story/hunk-moved, story/hunk-pasted-elsewhere.
//   - Binary replaced, mode changed, file turned into a symbolic link, submodule moved:
//     unreviewed: story/binary-replaced, story/mode-changed,
//     story/file-becomes-symlink, story/submodule-moved.
//   - A rename needs old and new owners: story/pure-rename. Into an ignored directory it
//     is counted: story/rename-into-ignored.
//   - A line too long for its patch changed: unreviewed: story/long-line.
//   - Two merge bases, or a merge of the base that changes more: TestTwoMergeBases,
//     story/evil-merge-of-the-base.
//   - A push while the gate reads: read again: TestBurstIsOneMoreEvaluation.
//   - The author is the only maintainer: fallback, or unreviewed:
//     story/author-is-the-only-maintainer,
//     policy/author-is-the-only-maintainer-no-fallback.
//   - The author approves: story/author-approves. A contributor to one file approves:
//     story/contributor-to-one-file. All maintainers named as co-authors: no fallback:
//     story/trailers-name-all. A maintainer's suggestion applied:
//     story/suggestion-applied.
//   - A team is deleted or unreadable: unreviewed, no fallback: story/team-deleted,
//     policy/team-unreadable.
//   - A bot approves: it does not count: story/bot-approves.
//   - More files than the forge lists, or fewer than it counts, or none:
//     TestMoreFilesThanListed, TestListShorterThanTheCount, policy/list-empty.
//   - Policy broken at the base: error with file and line: story/policy-broken. Changed
//     by the pull request: blocks until reviewed: story/policy-file-changed.
//   - One mm file and nine easy ones at 80%: policy/padded-with-easy-files,
//     story/padded-untouched-blocks. A floor met by others: story/floor-met-by-others.
//   - A success towards another branch is never seen by this one:
//     TestSuccessTowardsAnotherBranch. A stranger's twin does not block mine:
//     story/twin-of-a-stranger.
//   - Owners or a team changed at the base: judged again:
//     story/owners-changed-at-base, story/team-member-approves-and-leaves.
//   - Pushed while closed, then reopened: story/pushed-while-closed.
//   - A command edited later: story/command-edited, story/edited-after-it-was-seen.
//   - Somebody else writes the check: set back: story/somebody-elses-check.
//   - A webhook lost: TestSweepRepairsLostWebhooks. One delivered twice:
//     TestSameDeliveryTwice. A hundred at once: TestBurstIsOneMoreEvaluation. A kill at
//     any moment: TestKilledAtAnyMoment. A forge that fails or limits:
//     TestForgeThatFailsIsLeftAlone, TestRateLimitedInstallation.
//   - An approval on a twin towards another base: story/twin-lends-no-sight. A twin that
//     once held commits in my reviewer's name: story/twin-of-a-forged-past. An approval
//     on a twin while the person objects here: story/twin-objection-stays.
//   - The service's clock is wrong: story/clock-ahead, story/clock-behind.
//   - The forge moves a review to a later head: story/repointed-later. A review begun
//     before a retarget: story/begun-before-a-retarget. The base absorbs a commit of the
//     pull request: story/base-absorbs-a-commit.
//   - A commit under an address that the people file gives to the reviewer:
//     story/address-of-the-people-file.
//   - /Approve in capitals, full width, lists, hidden characters; nearly a command:
//     story/scope-in-capitals, story/scope-fullwidth, story/scope-in-a-list,
//     story/scope-with-hidden-characters, story/near-miss.
//   - An objector's account is gone: story/objection-of-an-account-that-is-gone. A bot
//     dismissed it: /lift ends it: story/bot-dismissal-is-lifted. The objector can still
//     end it: nobody else's word does: story/lift-of-a-living-objection.
//   - An approval first seen after an outage: story/approved-while-down. A body edited
//     before anybody saw it: story/edited-before-it-was-seen.
//   - Policy, map or CODEOWNERS, or a directory above, is a symbolic link: error:
//     story/link-policy, story/link-above-policy, story/link-map,
//     story/link-codeowners.
//   - .mailmap changed: protected: story/mailmap-is-protected. So are CI
//     definitions: policy/ci-of-every-forge.
//   - A success taken back on the same head: story/taken-back-on-the-same-head. The forge
//     refuses texts: TestDescriptionOfAnyCharacters.
//   - One check name for several branches: story/names-kept-apart; Release/1 beside
//     release/1: TestNamesNeverCollide, story/names-in-capitals.
//   - A proposal names a private repository: nothing of it is read or told:
//     story/proposal-of-a-private-repository.
//   - OWNERS below vendor is ignored: story/owners-vendored.
package policy
