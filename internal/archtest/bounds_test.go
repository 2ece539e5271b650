package archtest

import (
	"bytes"
	"go/ast"
	"go/printer"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// bound is one of what the service lets in, holds or does at the most. Why it is that
// much says the comment on the constant.
type bound struct {
	name   string // of the constant, behind its package's directory in internal, or cmd
	value  string // as it is written
	what   string
	beyond string // what happens beyond it
	test   string // that goes beyond it; "" for those of unheld
}

// bounds is the table of all bounds, in the order in which what strangers send comes by.
var bounds = []bound{
	// Connections and deliveries, whoever makes them.
	{"service.maxConnections", "1536", "connections at once", "the oldest that waits, of the address with most, is closed",
		"TestConnectionsAreBounded"},
	{"service.maxHeader", "16 << 10", "bytes of a request's header, and at most 8 kB that are read ahead", "431", "TestHeadersAreBounded"},
	{"service.maxReadyWait", "800 * time.Millisecond", "wait of a probe for the database", "not ready", "TestReadyzWhileTheDatabaseIsStuck"},
	{"webhook.MaxBody", "25 << 20", "bytes of a delivery", "413", "TestRefuses"},
	{"webhook.maxUnfinished", "512", "bodies that are read at once", "the slowest is cut", "TestCrowdOfSlowSenders"},
	{"webhook.maxUnfinishedOfOne", "128", "the same of one address", "its slowest is cut", "TestCrowdOfSlowSenders"},
	{"webhook.maxStall", "3 * time.Second", "pause of a body", "cut", "TestSlowSendersAreCut"},
	{"webhook.maxSmall", "8 << 20", "bytes of bodies below 1 MB", "waits in line", "TestCrowdOfSlowSenders"},
	{"webhook.maxLarge", "2 * MaxBody", "bytes of larger bodies", "waits in line, unread", "TestLargeBodiesWaitForMemory"},
	{"webhook.maxLine", "256", "bodies that wait for memory", "503 for the last of the address with most", "TestLargeBodyAmongStalled"},
	{"webhook.maxStoring", "512", "deliveries that wait for the disk", "503 at once", "TestCrowdIsRefusedAtOnce"},

	// People who sign in.
	{"web/signin.maxTries", "20", "tries to sign in of one address in a minute", "429", "TestComers"},
	{"web/signin.maxComers", "10_000", "addresses that are counted in a minute", "new ones wait for the next", "TestManyComers"},
	{"web/signin.maxBack", "512", "bytes of the page to come back to", "another page is shown", "TestLocal"},
	{"web/signin.maxAnswer", "1 << 20", "bytes of who a forge says somebody is", "nobody is signed in", "TestForgeThatDoesNotSay"},
	{"gate.maxWaits", "2000", "people of whom it is noted that a pull request waits for them", "those who can review most are noted",
		"TestWaitsAreBounded"},
	{"gate.maxAlone", "20", "paths that are noted as one person's alone", "the pull request's page has them all", "TestWaitsAreBounded"},
	{"history.MaxSessions", "20", "sessions of an account", "the oldest end", "TestVisitors"},

	// Work.
	{"queue.maxWorkers", "8", "evaluations of one repository at once", "waits", "TestSharesOfThoseThatHang"},
	{"queue.maxAhead", "256", "waiting of one repository that are looked at", "waits for its turn", "TestCrowdIsLookedAtInTurns"},
	{"queue.maxPreviews", "1", "previews at once", "waits", "TestSharesOfWhatIsFound"},
	{"queue.maxServed", "10_000", "names whose last turn is known", "all begin anew", "TestServedAreBounded"},
	{"forge.maxLine", "10_000", "turns in a repository's line for writes", "at the end of the line at each try", "TestLineIsBounded"},
	{"forge.maxRedirects", "3", "redirects of one read", "the answer is an error", "TestOnlyReadsAreRedirected"},
	{"forge/github.maxAbsent", "10_000", "owners that are known to have no installation", "all are forgotten", "TestAbsentAreBounded"},
	{"forge.maxFailures", "10", "calls that fail in a row", "calls are put off, one at a time finds out", "TestBreaker"},
	{"forge.maxKept", "2 << 20", "bytes of one answer that is kept", "asked anew", "TestRevalidateLargeAnswers"},
	{"service.maxSilent", "3", "calls without an answer", "another replica does its work", "TestReach"},

	// The database.
	{"store/sqlite.maxBatch", "256", "writes of one commit", "the next commit", "TestCommitsAreBounded"},
	{"store/sqlite.maxKept", "256", "statements that a connection knows", "all are forgotten", "TestManyTexts"},
	{"store/sqlite.maxWAL", "256 << 20", "bytes of the log when a delivery comes", "503, and the log says why", "TestLogIsBounded"},
	{"store/sqlite.maxWALOfWork", "2", "times as many for all else", "nothing is stored", "TestLogIsBounded"},
	{"store/postgres.maxBatch", "256", "deliveries of one commit", "the next commit", "TestCommitsAreBounded"},
	{"store/postgres.maxAside", "4", "deliveries tried one by one at once", "waits in line", "TestLockedRowDelaysOnlyItself"},
	{"store/postgres.maxPatient", "4", "that wait for somebody's lock", "waits in line", "TestLockThatStays"},
	{"store/postgres.maxLocked", "1000", "locked rows that are remembered", "all are found again", "TestLocksAreBounded"},
	{"store.maxLacking", "5", "columns told that a database lacks", "a number tells of the rest", "TestNotReadyWithoutAColumn"},
	{"store.KeepRuns", "20", "records of a pull request", "the oldest go", "TestStore"},
	{"store.KeepRunBytes", "8 << 20", "bytes of these", "the oldest go, never the last one", "TestStore"},
	{"store.KeepGroups", "200", "checks of a repository's groups", "the oldest go", "TestStore"},
	{"store.KeepBlobs", "256 << 20", "bytes of files", "those not used for longest go", "TestBlobsAreBounded"},
	{"store.KeepSightings", "300", "sightings of a pull request", "the oldest that no review needs go", "TestStore"},

	// A pull request and its past.
	{"snapshot.maxMoves", "3", "readings under which something moved", "tried later", "TestRestlessPullRequest"},
	{"snapshot.maxLists", "20", "heads whose lists of files are kept", "read from git again", "TestUnwantedLists"},
	{"policy/authors.maxPast", "20_000", "commits of earlier heads that are told apart", "they touch every file", "TestNewCommits"},
	{"content.MostCommits", "200", "commits of which one evaluation finds out which files they touch, besides known ones",
		"they touch every file until the next one", "TestManyCommitsOfApprovers"},
	{"snapshot.maxWanted", "2000", "commits of which it looks up whether that is known", "they touch every file",
		"TestManyCommitsOfApprovers"},
	{"snapshot.maxTwins", "20", "pull requests of one head that lend approvals", "lends none, and the check says so", "TestManyTwins"},
	{"content.maxMerges", "500", "merges of text of one evaluation, besides known ones", "the next one", "TestManyMerges"},
	{"snapshot.maxCompared", "20", "comparisons for reviews of other commits", "the next evaluation", "TestWitnessingIsBounded"},
	{"snapshot.maxUnknown", "5", "reviews of unseen heads that are read", "the next evaluation", "TestWitnessingIsBounded"},
	{"snapshot.maxProofs", "5", "proofs of what a reviewer saw", "the next evaluation", "TestProofsAreBounded"},
	{"turns.maxAsked", "10_000", "things that wait for an evaluation of which the last turn is known", "all begin anew",
		"TestAskedAreBounded"},
	{"snapshot.maxWitnessed", "4096", "commits that reviews name of which it is kept what was read", "read anew", "TestKeptAreBounded"},
	{"gittree.maxHeld", "64 << 20", "bytes of what two trees have differently", "ErrTooMany, and the list is not whole", "TestTooMany"},
	{"gittree.maxPath", "4096", "bytes of a changed file's path", "likewise", "TestTooMany"},
	{"gittree.maxDepth", "100", "directories in each other", "likewise", "TestTooMany"},
	{"gittree.maxLink", "4096", "bytes of a symbolic link", "it leads nowhere", "TestLongLinks"},
	{"snapshot.maxAttributes", "1 << 20", "bytes of a .gitattributes", "a fault", "TestLargeAttributes"},
	{"availability.maxStatuses", "10_000", "people whose status is kept", "all are asked again", "TestBookIsBounded"},
	{"gate.maxReason", "1000", "bytes of the reason of a lift that are remembered", "cut", "TestLongReasonOfALift"},
	{"effects.maxContests", "10_000", "names that others write", "all begin anew", "TestContestsAreBounded"},
	{"gate.maxHinted", "10_000", "heads of which it is kept whom their patches concern", "searched anew", "TestHintsAreBounded"},
	{"snapshot.maxHints", "10_000", "repositories of which it is kept what to ask for first", "asked for in two calls", "TestKeptAreBounded"},
	{"snapshot.maxAddressed", "4096", "addresses of which it is kept whose they are, and that are looked at of one pull request",
		"asked anew", "TestKeptAreBounded"},
	{"snapshot.maxMoved", "4096", "reviews known to have moved", "all are told again", "TestCachesAreBounded"},
	{"policy/command.maxCondensed", "1024", "long comments of which it is kept what counts", "read anew", "TestCondenserIsBounded"},
	{"sources.maxMaps", "64", "compiled maps that are kept", "compiled anew", "TestKeptAreBounded"},
	{"content.keptMerges", "20_000", "outcomes of merges that are kept", "merged anew", "TestKeptAreBounded"},
	{"proposal.keptProposals", "256", "proposals of which it is kept what they would bring", "tried anew", "TestTrialsAreBounded"},
	{"snapshot.maxProtections", "10_000", "branches whose rules are kept", "read anew", "TestKeptAreBounded"},
	{"sweep.maxInspected", "1000", "checks that a sweep looks at", "the next sweep", "TestSweepsLookInTurns"},
	{"mergequeue.maxLastGroups", "4096", "merge groups that are known", "all begin anew", "TestKeptGroupsAreBounded"},
	{"mergequeue.maxFailing", "1024", "groups whose failures are counted", "all begin anew", "TestKeptGroupsAreBounded"},

	// What people write.
	{"gate.maxAnswers", "20", "commands of a pull request that are answered", "heeded without an answer", "TestManyCommands"},
	{"gate.maxToStrangers", "5", "of these, those of people without a right", "not answered", "TestProfusion"},
	{"gate.maxOfOne", "10", "commands of one comment that are answered", "heeded without an answer", "TestCommentOfManyCommands"},
	{"gate.maxReply", "30_000", "bytes of an answer", "cut", "TestLongAnswers"},
	{"policy/command.maxLines", "50", "lines of a comment that are kept", "an approval does not count", "TestCondenseIsBounded"},
	{"policy/command.maxLineBytes", "1024", "bytes of a line", "cut; a scope does not count", "TestCondenseIsBounded"},
	{"policy/command.maxKeptBytes", "8 << 10", "bytes of a comment that are kept", "an approval does not count", "TestCondenseGivesNothing"},
	{"policy/command.MaxScope", "100", "patterns of a review's scope", "it does not count", "TestCondenseGivesNothing"},

	// Policy and ownership, in force or proposed.
	{"sources.maxPolicy", "256 << 10", "bytes of a policy", "a fault", "TestLargePolicies"},
	{"content.MaxBlob", "8 << 20", "bytes of another file", "a fault", "TestOwnershipInForceIsBounded"},
	{"sources.inForce", "budget{files: 20_000, bytes: 16 << 20}", "files and bytes of ownership", "a fault", "TestOwnershipInForceIsBounded"},
	{"sources.inProposal", "budget{files: 1000, bytes: 800 << 10}", "the same of a proposal", "said in the check", "TestProposalOfAnySize"},
	{"sources.inDirectories", "budget{files: 10_000, bytes: 1 << 20}", "places in changed files' directories, and bytes of their paths",
		"a fault", "TestManyDirectories"},
	{"proposal.maxOwnPaths", "2000", "files in which a proposal has owners looked for", "said in the check", "TestWhatIfOfManyDirectories"},
	{"proposal.maxMerged", "100", "merged pull requests that a proposal judges once more", "older ones are left out", "TestMergedIsBounded"},
	{"proposal.maxMergedBytes", "16 << 20", "bytes of their records", "older ones are left out", "TestMergedIsBounded"},
	{"proposal.maxMergedPaths", "20_000", "paths of all of them", "older ones are left out", "TestMergedIsBounded"},
	{"proposal.maxClosed", "300", "closed pull requests among which they are looked for", "older ones are left out", "TestMergedIsBounded"},
	{"proposal.maxWhatIf", "200", "pull requests of one what-if", "not compared", "TestWhatIfIsBounded"},
	{"proposal.maxWhatIfBytes", "256 << 20", "bytes of their records", "not compared", "TestWhatIfIsBounded"},
	{"proposal.maxWhatIfPaths", "50_000", "paths of all of them", "not compared", "TestWhatIfIsBounded"},
	{"policy.maxListed", "20", "areas that lack people, in advice", "a number tells of the rest", "TestDeadEnds"},
	{"policy/policyfile.maxSources", "20", "ownership sources of a policy", "a fault", "TestParseSources"},
	{"strictyaml.MaxSize", "4 << 20", "bytes of a document", "a fault", "TestUnmarshalFaults"},
	{"strictyaml.maxDepth", "64", "levels of a document", "a fault", "TestFaultsAreBounded"},
	{"strictyaml.maxFaults", "50", "faults that are told", "a number tells of the rest", "TestFaultsAreBounded"},
	{"strictyaml.maxExpanded", "200_000", "values with aliases written out", "a fault", "TestBombsAreCheap"},
	{"glob.MaxLength", "4096", "bytes of a pattern", "a fault", "TestCompileRefuses"},
	{"glob.MaxAlternatives", "64", "patterns of one pattern's braces", "a fault", "TestBraceBombIsRefusedAtOnce"},
	{"glob.MaxCost", "5000", "cost of a regular expression", "a fault", "TestCost"},
	{"glob.maxDepth", "200", "directories of a pattern", "a fault", "TestCompileRefuses"},
	{"glob.maxSegment", "2048", "bytes of a pattern between slashes", "a fault", "TestKernel"},
	{"glob.maxInner", "64", "bytes between conditions of an expression", "a fault", "TestLookFaults"},
	{"glob.maxText", "16", "bytes of a text of the automaton", "only slower", "TestKernelPatternsEqualNaive"},
	{"glob.maxTexts", "64", "texts of one expression in it", "only slower", "TestKernelPatternsEqualNaive"},
	{"glob.maxStates", "1 << 16", "states of it", "only slower", "TestKernelPatternsEqualNaive"},
	{"ownership.maxWeight", "400_000", "weight of all patterns of a map", "a fault", "TestPatternsAreBounded"},
	{"ownership/codeowners.MaxSize", "3 << 20", "bytes of a CODEOWNERS", "a fault", "TestFaults"},
	{"ownership.MaxNotes", "50", "faults and warnings that are told", "a number tells of the rest", "TestManyWarnings"},
	{"ownership/codeowners.maxSkipped", "2000", "lines that the forge skips", "a fault", "TestManySkippedLines"},
	{"ownership/committers.maxPeople", "200", "people in a row of such a table", "a fault", "TestFaults"},
	{"ownership/committers.maxText", "400", "bytes of a warning about it", "cut", "TestWarnings"},
	{"ownership/committers.MaxSize", "256 << 10", "bytes of a table of committers", "a fault", "TestFaults"},
	{"ownership/maintainers.MaxSize", "8 << 20", "bytes of all files", "a fault", "TestFaults"},
	{"ownership/maintainers.maxLines", "200_000", "lines of all files", "a fault", "TestFaults"},
	{"ownership/maintainers.maxRegexps", "1000", "lines that are expressions", "a fault", "TestFaults"},
	{"ownership/maintainers.maxCost", "50_000", "cost of these", "a fault", "TestFaults"},
	{"ownership/maintainers.maxFaults", "50", "faults that are told", "a number tells of the rest", "TestFaults"},
	{"ownership/maintainers.maxWarnings", "100", "warnings that are told", "a number tells of the rest", "TestWarnings"},
	{"ownership/ownersfile.maxIgnore", "1000", "bytes of an expression", "a fault", "TestIgnore"},
	{"ownership/ownersyaml.maxFaults", "50", "faults that are told", "a line says that there are more", "TestFaults"},
	{"ownership/people.maxShared", "8", "people with one address that tells who another is", "it tells nothing", "TestAddressOfACrowd"},
	{"ownership/people.maxMailmap", "4 << 20", "bytes of a mailmap", "a warning", "TestMailmapWarnings"},
	{"gitattributes.maxLine", "2048", "bytes of a line", "ignored, as git does", "TestAgainstGit"},
	{"merge.maxBytes", "8 << 20", "bytes of a side", "not merged: the approval is lost", "TestLargeSidesAreNotMerged"},
	{"merge.maxCost", "256", "edits on the way to the middle", "not merged: the approval is lost", "TestGit"},
	{"merge.maxRepeat", "1024", "times that a line is looked for", "not merged: the approval is lost", "TestGit"},

	// Whom to ask.
	{"snapshot.maxDoubtful", "20", "people whose permission is looked up", "taken to be of the team that can't be read", "TestDoubtfulPeople"},
	{"snapshot/late.maxAwaits", "4", "looks that wait for a comment which an event told of", "judged without it", "TestAwaitedComments"},
	{"snapshot/late.maxAwaited", "10_000", "comments of which it is kept how many did", "waited for anew", "TestAwaitedAreBounded"},
	{"snapshot.maxWriters", "20", "people who approved whose permission is looked up", "their approval counts for nothing there",
		"TestWriters"},
	{"forge/github.maxRequested", "15", "people asked of one pull request", "nobody more is asked", "TestRequestedAreBounded"},
	{"snapshot.maxCandidates", "50", "people that are looked up", "unknown", "TestCandidatesAreBounded"},
	{"gate.maxChoices", "4", "choices because somebody is busy", "the last one stays", "TestChoicesAreBounded"},
	{"gate.maxKnowPaths", "300", "paths whose knowers are looked up", "their directories count", "TestFewPaths"},
	{"gate.maxPatch", "1 << 20", "bytes of a patch that are searched", "not searched", "TestLargePatches"},
	{"snapshot.maxAddressees", "10", "addresses that one evaluation looks up", "an error until the next one, which follows",
		"TestAddresseesAreBounded"},
	{"snapshot.maxNamed", "100", "addresses of one pull request that are looked up", "an error that says what to do",
		"TestAddresseesAreBounded"},

	// What a forge tells.
	{"forge/github.maxFiles", "3000", "files that GitHub lists", "held against the trees", "TestCaps"},
	{"forge/github.maxCommits", "250", "commits that GitHub lists", "read from the graph", "TestManyCommits"},
	{"forge/github.maxCompare", "300", "files of a comparison", "the list is not whole", "TestComparisonWithoutFiles"},
	{"forge/github.maxConns", "80", "calls at once", "waits", "TestCallsAtOnceAreBounded"},
	{"forge/github.maxSides", "500", "sides of files of one query", "the next query", "TestManySidesAreAskedInParts"},
	{"forge/github.maxGraph", "10_000", "commits of a comparison", "the merge base is not known, and the check says so",
		"TestHistoryIsBounded"},
	{"forge/github.maxMet", "200", "common ancestors held against GitHub's", "the merge base is not known, and the check says so",
		"TestHistoryIsBounded"},
	{"forge/github.maxEdge", "30", "common ancestors held against each other", "the merge base is not known, and the check says so",
		"TestMergeBasesOfManyMeetings"},
	{"forge/github.maxAnswer", "64 << 20", "bytes of a GraphQL answer", "an error", "TestLargeAnswers"},
	{"forge/github.maxToken", "1 << 20", "bytes of a token's answer", "an error", "TestLargeAnswers"},
	{"forge/github.maxPages", "1000", "queries for the rest of a look", "an error", "TestPagesAreBounded"},
	{"forge/github.maxStatusPages", "30", "pages of a commit's statuses", "an error", "TestManyStatuses"},
	{"forge/github.maxQueue", "20", "pages of a merge queue", "an error", "TestPagesAreBounded"},
	{"forge/github.maxListed", "200_000", "pull requests of kept pages", "asked anew", "TestKeptIsBounded"},
	{"forge/github.maxLabels", "10_000", "labels that are known", "made anew", "TestKeptIsBounded"},
	{"forge/github.maxPushed", "2048", "commits that a push lists", "all may have moved", "TestDecodePush"},
	{"forge/github.maxPushedPaths", "3000", "paths of one of them", "all may have moved", "TestDecodePush"},
	{"forge/github.maxRedelivered", "100", "deliveries asked for again at once", "the next sweep", "TestRedeliverTellsOfMore"},
	{"forge/github.maxAttempts", "5", "times that one is", "the sweep finds it", "TestDeliveriesAreBounded"},
	{"forge/github.maxDeliveries", "1000", "pages of deliveries", "the sweep finds what those behind told", "TestDeliveriesAreBounded"},
	{"forge/gitea.maxConns", "20", "connections at once", "waits", "TestCallsAtOnce"},
	{"forge/gitea.maxAnswer", "32 << 20", "bytes of an answer that is held", "an error", "TestLargeAnswer"},
	{"forge/gitea.maxPages", "200", "pages of a list", "an error that says so", "TestEndlessList"},
	{"forge/gitea.maxText", "maxAnswer / 64", "bytes of a text of an answer", "left out; what is cut counts for nothing", "TestCutter"},
	{"forge/gitea.maxHoles", "20", "empty pages of a timeline in a row", "it ends there", "TestHiddenRows"},
	{"forge/gitea.maxTalk", "256 << 20", "bytes of the comments of a pull request", "an error", "TestEndlessTalk"},
	{"forge/gitea.maxComments", "100_000", "comments of a pull request", "an error that says so", "TestEndlessTalk"},
	{"forge/gitee.maxConns", "20", "connections at once", "waits", "TestCallsAtOnce"},
	{"forge/gitee.maxKnown", "10_000", "repositories of which little is remembered", "all are forgotten", "TestKnownAreBounded"},
	{"forge/gitee.maxTested", "10_000", "pull requests that our test is known to hold back", "all are forgotten", "TestTestedAreBounded"},
	{"forge/gitee.maxEdits", "20", "comments with commands of which one look asks who edited them", "count as edited until a later one",
		"TestManyEdits"},
	{"forge/gitee.maxEditsOfOne", "4", "the same of one author", "count as edited until a later one", "TestManyEdits"},
	{"forge/gitee.maxOriginal", "10_000", "comments that are known not to be edited", "all are asked again", "TestOriginalsAreBounded"},
	{"forge/gitee.maxSettings", "5", "repositories whose settings are examined", "the others are not told of", "TestManySettings"},
	{"forge/gitee/rest.maxEvents", "10_000", "calls for events that are remembered", "the older half is forgotten", "TestEventsAreBounded"},
	{"forge/gitee/rest.maxAnswer", "32 << 20", "bytes of an answer that is held", "an error", "TestMuchTalk"},
	{"forge/gitee/rest.maxTalk", "128 << 20", "bytes of a page of comments", "an error", "TestMuchTalk"},
	{"forge/gitee/rest.maxPages", "200", "pages of a list", "an error that says so", "TestLists"},

	// The process and its command line.
	{"cmd/reviewgate.softMemory", "160 << 20", "bytes before garbage is collected sooner", "more time goes into that", "TestFlood"},
	{"cmd/reviewgate.maxPath", "1 << 20", "bytes of a line of standard input", "an error", "TestLongLinesOfInput"},
	{"forge/github/actions.MaxMatrix", "256", "jobs of a matrix", "the next hour", "TestMatrixTakesTurns"},
}

// unheld is how many bounds no test goes beyond. It may only fall.
const unheld = 0

// bounded are the packages that strangers reach: none of their bounds may be missing.
var bounded = regexp.MustCompile(
	`^(cmd/reviewgate|internal/(availability|gate|effects|mergequeue|proposal|snapshot(/late)?|sources|content|turns|history|gittree|policy(/\w+)?|ownership(/\w+)?|glob|strictyaml|webhook|queue|store(/sqlite|/postgres|/tables)?|forge(/github(/actions)?|/gitea|/gitee(/rest)?)?|gitattributes|merge|publish|service|sweep|web/signin))$`)

// TestBounds holds the table to the code: each bound is in both, with the same value and
// a comment that says why, and each test that it names is there.
func TestBounds(t *testing.T) {
	t.Parallel()
	table, missing := map[string]bound{}, 0
	for _, b := range bounds {
		if _, twice := table[b.name]; twice {
			t.Errorf("%s is there twice", b.name)
		}
		if table[b.name] = b; b.test == "" {
			missing++
		}
		if b.what == "" || b.beyond == "" {
			t.Errorf("%s: say what it bounds, and what happens beyond", b.name)
		}
	}
	if missing != unheld {
		t.Errorf("%d bounds without a test, %d are allowed", missing, unheld)
	}
	tests := map[string]bool{}
	for _, s := range tree(t) {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.test {
				tests[f.Name.Name] = true
			}
			if g, ok := d.(*ast.GenDecl); ok && !s.test && (g.Tok == token.CONST || g.Tok == token.VAR) && bounded.MatchString(s.dir) {
				checkBounds(t, s, g, table)
			}
		}
	}
	for _, b := range bounds {
		if _, left := table[b.name]; left {
			t.Errorf("%s: no such constant", b.name)
		}
		if b.test != "" && !tests[b.test] {
			t.Errorf("%s: no test %s", b.name, b.test)
		}
	}
}

var boundsName = regexp.MustCompile(`^[mM]ax[A-Z]`)

// checkBounds holds some constants to the table, and takes them off it.
func checkBounds(t *testing.T, s *source, g *ast.GenDecl, table map[string]bound) {
	t.Helper()
	for _, spec := range g.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, name := range v.Names {
			full := strings.TrimPrefix(s.dir, "internal/") + "." + name.Name
			b, listed := table[full]
			if !listed {
				if boundsName.MatchString(name.Name) && g.Tok == token.CONST {
					t.Errorf("%s: %s is not in the table of bounds", s.at(name), full)
				}
				continue
			}
			delete(table, full)
			var value bytes.Buffer
			if i < len(v.Values) {
				if err := printer.Fprint(&value, s.fset, v.Values[i]); err != nil {
					t.Error(err)
				}
			}
			if value.String() != b.value {
				t.Errorf("%s: %s is %s, and %s in the table of bounds", s.at(name), full, &value, b.value)
			}
			if v.Doc == nil && v.Comment == nil && g.Doc == nil {
				t.Errorf("%s: say why %s is that much", s.at(name), full)
			}
		}
	}
}
