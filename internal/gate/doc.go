// Package gate is the one use case: it loads a pull request, has it judged,
// and brings the forge to show the verdict.
//
// The interfaces to the forge are package seam's. It promises that what is
// judged was read in one moment, that an intent is on disk before the forge is
// called, so that a crash at any point leaves no second check or comment, and
// that an earlier success never stands on what it was not earned for. What is
// decided is package rule's, in which words package publish's, and how it is
// written package effects'; groups of merge queues are package mergequeue's, and
// what a pull request's own policy would bring is package proposal's.
//
// # Threats
//
// The adversary is an author who can push to some branch, open and retarget
// pull requests, edit and delete what others wrote where the forge lets writers do
// so, and name anybody in a commit. Behind each threat stands what holds it off:
// a test, or a story of package rule (policy/NAME) or of the whole service
// (story/NAME).
//
//   - Push after the review. Only files with unchanged content stay reviewed:
//     story/push-touches-my-file, TestReviewedIsUnchanged.
//   - Drop, move or paste a reviewed hunk: story/hunk-dropped,
//     story/hunk-moved, story/hunk-pasted-elsewhere.
//   - Hide a change in a rebase, or in resolving a conflict:
//     story/rebase-hides-a-change, story/conflict-resolved, TestGit.
//   - Change what a patch does not show, mode, type, binary or long line:
//     story/mode-changed, story/file-becomes-symlink, story/binary-replaced,
//     story/long-line, policy/mode-symlink-submodule.
//   - Widen the diff by another base branch or a rewritten one:
//     story/retarget-widens, story/base-rewritten.
//   - Earn a success towards a lax branch and use it on a strict one:
//     TestRetargetIsJudgedByTheNewBase, TestSuccessTowardsAnotherBranch,
//     story/names-kept-apart, TestNamesNeverCollide.
//   - Have a narrower diff reviewed, on a twin towards another branch or under a
//     base that absorbs a commit, then show the wider one:
//     story/twin-lends-no-sight, story/base-absorbs-a-commit,
//     story/begun-before-a-retarget.
//   - Use the seconds by which clocks differ: TestClocksDoNotMeet,
//     TestClocksAreNotCompared, TestSecondModel.
//   - Wait until the forge moves a review to a later head:
//     story/repointed-later, story/repointed-while-down, TestStoriesRepointed.
//   - Forge a past for a twin, so that a maintainer is taken for its contributor:
//     story/twin-of-a-forged-past.
//   - Have an objector approve a twin: story/twin-objection-stays.
//   - Make the forge refuse what takes a success back, by names that are long or
//     rare: TestLargeSummaryIsTakenBack, TestDescriptionOfAnyCharacters, TestStories.
//   - Change the base while closed, so that the forge's lists stay behind:
//     TestListOfAnOlderBase.
//   - Rename out of an owner's directory, or into an ignored one:
//     story/pure-rename, story/rename-into-ignored.
//   - Hide files beyond the forge's list, behind two merge bases, or in a merge
//     of the base: TestMoreFilesThanListed, TestTwoMergeBases,
//     story/evil-merge-of-the-base, story/evil-merge-undoes-the-base.
//   - Have the list come back short or empty: TestListShorterThanTheCount,
//     policy/list-empty.
//   - Push while the gate reads: TestBurstIsOneMoreEvaluation.
//   - Approve oneself, by comment, by twin, or as a contributor:
//     story/author-approves, policy/twin-pools-approvals-and-authors,
//     story/contributor-to-one-file, TestTheAuthorAloneRaisesNothing.
//   - Name all maintainers as co-authors, so that a fallback decides:
//     story/trailers-name-all.
//   - Pad the ratio with easy files: story/padded-untouched-blocks,
//     policy/too-many-unreviewed, story/floor-met-by-others.
//   - Dismiss a block, or have a contributor dismiss it:
//     story/author-dismisses-a-block, policy/contributor-dismisses-a-block.
//   - Edit a maintainer's review, so that its scope grows:
//     story/command-edited, story/edited-before-it-was-seen,
//     story/edited-after-it-was-seen, policy/body-edited-by-another.
//   - Quote a command, or hide one in code: policy/scope-in-quote-and-code.
//   - Commit under an address that is no account's, or name the reviewer in a trailer
//     that the forge does not read, and have them approve it:
//     story/address-of-the-people-file, story/address-of-the-mailmap,
//     story/co-developed-by, story/unknown-contributors-block.
//   - Have a scope misread, so that the approval means everything: TestSpellings,
//     story/near-miss, story/near-miss-in-an-open-fence, story/scope-of-no-file.
//   - Make a commit that begins like an overridden head: story/override-of-few-digits.
//   - Have a bot dismiss a block, or an account vanish that blocks:
//     story/bot-dismissal-is-lifted, story/objection-of-a-hidden-account,
//     story/objection-of-an-account-that-is-gone.
//   - Get round what the service asks for by another key: TestMinimumCannotBeVoided,
//     TestEveryKeyIsDecidedAbout.
//   - Delete the comment that cancelled an override: story/override,
//     policy/override-cancelled-and-comment-deleted,
//     TestDeletedCancelWithoutMemory, TestUnreadableDeletions.
//   - Reuse an override on another head or base:
//     story/override-dies-with-its-head, policy/override-and-retarget,
//     policy/override-and-another-merge-base.
//   - Change policy or ownership in the pull request itself:
//     story/policy-file-changed, story/proposal, TestServerMinimum.
//   - Name another repository or team in a proposal, and read in the check what it
//     holds, or whether it is there: story/proposal-of-a-private-repository,
//     TestProposalReadsNothingElsewhere, TestProposalWithoutPolicy,
//     TestContentElsewhereIsNotShown, TestFilesElsewhereLookAlike.
//   - Name what belongs to another owner: TestTrust, story/team-of-another-owner.
//   - Write commands of a CI system or a terminal into a name: TestOutputIsOnlyShown,
//     TestOutputOfAForgeIsOnlyShown.
//   - Have the policy under a name that nobody looks for: TestNoPolicyIsAnError,
//     TestBrokenPolicyGatesWhatIsNotKnown.
//   - Break the policy, so that nothing is asked for: story/policy-broken,
//     policy/broken-policy-and-more.
//   - Delete a team, so that a fallback decides: story/team-deleted.
//   - Launder what was never held against the trees by having it reviewed:
//     TestReviewOfAnUnjudgedHeadProvesNothing, TestReviewOfANarrowerList.
//   - Take over the login of a maintainer: TestLoginChangedHands.
//   - Weaken the policy of a whole organisation: TestOrganisationPolicyIsProtected.
//   - Have a bot approve: story/bot-approves.
//   - Write the gate's status oneself, over and over, as another app, or on the commit
//     that merging would give: TestOverwrittenStatusIsSetBack, TestNameUnderAttack,
//     story/forged-by-another-app, story/forged-on-the-test-merge,
//     TestStepWritesOverTheTestMerge.
//   - Hide a change of policy or owners behind the end of a push's lists: TestDecodePush.
//   - Correct a scope and have it counted as it was never submitted: story/draft-corrected.
//   - Close and reopen, or close over a twin: story/pushed-while-closed,
//     TestTwins, TestRetargetedTwinTakesItsApprovalsAlong.
//   - Queue a pull request that is no longer reviewed:
//     TestMergeQueueRefusesWhatIsNoLongerReviewed, TestQueueAfterDismissal,
//     story/queue-owners-ahead, TestDismissalThatCannotBeRead.
//   - Be merged inside a later group that is green: story/queue-headgreen,
//     TestGroupsOfWhichTooLittleIsTold.
//   - Have ownership, policy or .gitattributes changed ahead in the queue:
//     story/queue-headgreen-loosened, story/queue-owners-ahead,
//     story/queue-attributes-ahead.
//   - Open a pull request on a group's commit, to write the group's check or to pass by
//     it elsewhere: story/queue-on-a-groups-commit,
//     story/queue-on-a-groups-commit-elsewhere.
//   - Land a change where nobody reviewed it, by a rename ahead in the queue:
//     story/queue-rename-ahead.
//   - Close the groups of others by a pull request that can't be read:
//     TestUnreadMemberOfAGroup.
//   - Wait until the forge's queue merges what was not checked: TestWrongMergeIsTold.
//   - Flood, forge or repeat events: TestForgedDelivery, TestSameDeliveryTwice,
//     TestBurstDoesNotDelayOthers.
//   - Wait until an event is lost, or the gate is killed:
//     TestSweepRepairsLostWebhooks, TestKilledAtAnyMoment.
//   - Have the forge fail while an old success stands:
//     TestGreenHeadThatCannotBeRead.
//   - The same of a CI step, whose run may be of a fork and only read, may fail, or may
//     not be started: TestStepThatOnlyReads, TestStepThatFails, TestStepThatCanNotTell,
//     TestStepWithoutAReadablePolicy, TestStepOnClosing, TestStepOnRetargeting.
//   - Block on a twin in a fork, which the forge does not list, or earn a success
//     towards another branch in a CI step: TestStepSeesTwinsInForks,
//     TestStepWithOneCheckForTwoBranches.
//   - Wait until the forge takes no more statuses of a commit: TestStepWritesOnce.
//   - Have a twin judged while another one is, so that a success stays that was read before
//     a dismissal: TestTwinsJudgedAtOnce.
//   - Open more pull requests of somebody's head than can be judged: TestManyTwins.
//   - Push again and again, so that each evaluation reads all of it: TestUnwantedLists,
//     TestNewCommits, TestOldHeadsGetLight.
//   - Propose a policy or a map that costs time and memory: TestProposalOfAnySize,
//     TestLargeBlob, TestEndlessBlob.
//   - Write comments and reviews full of commands: TestCondenseGivesNothing,
//     TestProfusion.
//   - Send much, slowly, or nothing, without a signature: TestStrangersKeepNobodyOut,
//     TestCrowdOfSlowSenders.
//   - Cause more events, or slower ones, than there are workers: TestStorm,
//     TestHangingForge.
//
// What the gate can't hold off: an owner of the organisation or of the App, a
// branch protection that does not require the check from this App, and a
// maintainer who approves without reading.
package gate
