package archtest

import "slices"

// room is what a package is allowed.
type room struct {
	// pure packages do no I/O, read no clock and write no log.
	pure bool
	// adapter packages touch the world. Only cmd imports them, and they never
	// import each other.
	adapter bool
	// testOnly packages have no code outside _test.go files, doc.go aside.
	testOnly bool
	// wires packages put doubles together, of which no release has any.
	wires bool
	// may lists the packages of this module that it may import.
	may []string
}

// The layers, from the inside out.
var (
	nouns   = []string{"internal/pull", "internal/glob", "internal/share", "internal/strictyaml"}
	formats = slices.Concat(nouns, []string{"internal/ownership"})
	sources = slices.Concat(formats, []string{
		"internal/ownership/codeowners", "internal/ownership/committers", "internal/ownership/maintainers", "internal/ownership/ownersfile",
		"internal/ownership/ownersyaml", "internal/ownership/people", "internal/ownership/yamlmap",
	})
	owners  = slices.Concat(sources, []string{"internal/ownership/formats"})
	judges  = slices.Concat(owners, []string{"internal/policy/command", "internal/policy"})
	readers = slices.Concat(judges, []string{"internal/policy/policyfile"})
	workers = slices.Concat(judges, []string{"internal/assign", "internal/assign/requests", "internal/expertise", "internal/publish",
		"internal/response", "internal/workload"})
	stored = []string{"internal/assign/requests", "internal/expertise", "internal/history", "internal/policy", "internal/pull",
		"internal/queue", "internal/response", "internal/sources", "internal/webhook", "internal/workload"}
)

// rooms is the table of all packages. A package that is not here fails the
// test: decide where it belongs first.
var rooms = map[string]room{
	"internal/pull":          {pure: true},
	"internal/glob":          {pure: true},
	"internal/gitattributes": {pure: true},
	"internal/gittree":       {pure: true, may: []string{"internal/pull"}},
	"internal/share":         {pure: true},
	"internal/strictyaml":    {pure: true},
	"internal/document":      {pure: true},

	"internal/ownership":             {pure: true, may: nouns},
	"internal/ownership/codeowners":  {pure: true, may: formats},
	"internal/ownership/committers":  {pure: true, may: formats},
	"internal/ownership/formats":     {pure: true, may: sources},
	"internal/ownership/maintainers": {pure: true, may: formats},
	"internal/ownership/ownersfile":  {pure: true, may: formats},
	"internal/ownership/ownersyaml":  {pure: true, may: formats},
	"internal/ownership/people":      {pure: true, may: formats},
	"internal/ownership/yamlmap":     {pure: true, may: formats},
	"internal/policy": {pure: true,
		may: slices.Concat(owners, []string{"internal/policy/authors", "internal/policy/command", "internal/policy/sight"})},
	"internal/policy/rule":       {pure: true, may: slices.Concat(judges, []string{"internal/policy/authors", "internal/policy/sight"})},
	"internal/policy/sight":      {pure: true, may: []string{"internal/pull"}},
	"internal/policy/authors":    {pure: true, may: []string{"internal/ownership", "internal/pull"}},
	"internal/policy/command":    {pure: true, may: []string{"internal/glob", "internal/turns"}},
	"internal/policy/policyfile": {pure: true, may: slices.Concat(owners, []string{"internal/policy"})},
	"internal/assign":            {pure: true, may: judges},
	"internal/assign/requests":   {pure: true, may: slices.Concat(judges, []string{"internal/assign", "internal/expertise"})},
	"internal/expertise":         {pure: true},
	"internal/workload":          {pure: true, may: []string{"internal/response", "internal/terminal"}},
	"internal/simulate": {pure: true,
		may: slices.Concat(judges, []string{"internal/assign", "internal/chart", "internal/expertise", "internal/terminal",
			"internal/workload"})},
	"internal/backtest": {pure: true, may: slices.Concat(judges, []string{"internal/chart", "internal/policy/rule", "internal/policy/sight",
		"internal/simulate", "internal/terminal"})},
	"internal/backtest/past": {adapter: true,
		may: slices.Concat(readers, []string{"internal/backtest", "internal/gitattributes", "internal/seam", "internal/simulate"})},
	"internal/publish/states": {testOnly: true, may: slices.Concat(readers, []string{"internal/policy/rule", "internal/publish"})},
	"internal/publish":        {pure: true, may: slices.Concat(judges, []string{"internal/terminal"})},

	"internal/trailers": {pure: true, may: judges},
	"internal/terminal": {pure: true},
	"internal/merge":    {pure: true},
	"internal/seam": {may: []string{"internal/gittree", "internal/ownership/formats", "internal/policy", "internal/policy/policyfile",
		"internal/publish", "internal/pull"}},
	"internal/seam/shelf":   {may: []string{"internal/gittree", "internal/pull", "internal/seam"}},
	"internal/turns":        {pure: true},
	"internal/availability": {may: []string{"internal/pull", "internal/seam", "internal/turns"}},
	"internal/content": {may: []string{"internal/gittree", "internal/merge", "internal/policy/sight", "internal/pull", "internal/seam",
		"internal/seam/shelf", "internal/turns"}},
	"internal/sources": {may: slices.Concat(readers, []string{"internal/content", "internal/gittree", "internal/history", "internal/seam",
		"internal/seam/shelf", "internal/turns"})},
	"internal/snapshot": {may: slices.Concat(workers, []string{"internal/availability", "internal/content", "internal/gitattributes",
		"internal/history", "internal/policy/authors", "internal/policy/policyfile", "internal/policy/rule", "internal/policy/sight",
		"internal/seam", "internal/seam/shelf", "internal/snapshot/late", "internal/sources", "internal/turns"})},
	"internal/snapshot/late": {may: []string{"internal/history", "internal/pull", "internal/seam", "internal/turns"}},
	"internal/effects": {may: []string{"internal/history", "internal/policy", "internal/publish", "internal/pull", "internal/seam",
		"internal/snapshot"}},
	"internal/mergequeue": {may: []string{"internal/content", "internal/effects", "internal/gittree", "internal/history", "internal/policy",
		"internal/policy/rule", "internal/publish", "internal/pull", "internal/seam", "internal/seam/shelf", "internal/snapshot",
		"internal/sources"}},
	"internal/proposal": {may: slices.Concat(readers, []string{"internal/content", "internal/history", "internal/history/merged",
		"internal/policy/rule",
		"internal/seam", "internal/seam/shelf", "internal/snapshot", "internal/sources"})},
	"internal/gate": {may: slices.Concat(workers, []string{"internal/content", "internal/document", "internal/effects",
		"internal/history", "internal/mergequeue", "internal/policy/policyfile", "internal/policy/rule", "internal/policy/sight",
		"internal/proposal", "internal/seam", "internal/snapshot", "internal/sources", "internal/trailers"})},
	"internal/gate/model": {may: []string{"internal/gate", "internal/gittree", "internal/history", "internal/merge",
		"internal/ownership/yamlmap", "internal/policy", "internal/publish", "internal/pull", "internal/seam", "internal/snapshot"}},
	"internal/history": {may: []string{"internal/assign/requests", "internal/expertise", "internal/policy", "internal/policy/command",
		"internal/pull", "internal/response", "internal/workload"}},
	"internal/chart":    {pure: true},
	"internal/coverage": {pure: true, may: formats},
	"internal/coverage/survey": {may: slices.Concat(owners, []string{"internal/content", "internal/coverage", "internal/gittree",
		"internal/seam", "internal/seam/shelf", "internal/sources"})},
	"internal/response": {pure: true},
	"internal/webhook":  {may: []string{"internal/pull"}},
	"internal/queue":    {may: []string{"internal/pull"}},

	"internal/doctor": {pure: true, may: []string{"internal/terminal"}},

	"internal/store/postgrestest": {},
	"internal/forge/github/actions": {adapter: true,
		may: []string{"internal/seam", "internal/gate", "internal/policy/command", "internal/publish", "internal/pull"}},
	"internal/ownership/explain": {pure: true, may: []string{"internal/ownership", "internal/ownership/maintainers", "internal/terminal"}},
	"internal/doctor/survey": {may: []string{"internal/sources", "internal/doctor", "internal/gate", "internal/ownership",
		"internal/policy", "internal/pull"}},
	"internal/demo": {may: []string{"internal/forge/fake", "internal/terminal"}},
	"internal/demo/stages": {wires: true, may: []string{"internal/demo", "internal/forge/fake", "internal/forge/fake/gitcode",
		"internal/forge/fake/gitee",
		"internal/forge/fake/githost", "internal/forge/fake/github", "internal/forge/fake/oauth", "internal/forge/fake/rest",
		"internal/forge/gitee", "internal/policy"}},

	"internal/history/merged":  {may: []string{"internal/history", "internal/pull"}},
	"internal/history/oneshot": {may: []string{"internal/gate", "internal/forge", "internal/history", "internal/pull", "internal/seam"}},
	"internal/sweep": {may: []string{"internal/forge", "internal/gate", "internal/history", "internal/policy", "internal/pull",
		"internal/queue", "internal/seam", "internal/store", "internal/webhook"}},
	"internal/service": {may: []string{"internal/content", "internal/coverage", "internal/coverage/survey", "internal/doctor",
		"internal/effects", "internal/forge", "internal/gate",
		"internal/history", "internal/policy", "internal/pull", "internal/seam", "internal/queue", "internal/snapshot", "internal/store",
		"internal/sweep", "internal/webhook", "internal/workload"}},

	"internal/ownership/disk": {adapter: true, may: readers},

	"internal/config": {adapter: true, may: readers},
	"internal/forge":  {may: []string{"internal/pull"}},
	"internal/forge/github": {adapter: true, may: []string{"internal/doctor", "internal/forge", "internal/gittree", "internal/history",
		"internal/ownership/formats", "internal/webhook", "internal/policy", "internal/policy/command", "internal/publish", "internal/pull",
		"internal/seam"}},
	"internal/forge/gitcmd":       {may: []string{"internal/gittree", "internal/pull"}},
	"internal/forge/gittest":      {may: []string{"internal/forge/fake", "internal/forge/fake/githost", "internal/forge/gitcmd"}},
	"internal/forge/fake/githost": {may: []string{"internal/forge/fake", "internal/forge/gitcmd"}},
	"internal/forge/gitea": {adapter: true, may: []string{"internal/doctor", "internal/forge", "internal/gittree", "internal/history",
		"internal/ownership/formats", "internal/webhook", "internal/policy", "internal/policy/command", "internal/publish", "internal/pull",
		"internal/seam"}},
	"internal/forge/gitee": {adapter: true, may: []string{"internal/doctor", "internal/forge", "internal/forge/gitee/past",
		"internal/forge/gitee/rest", "internal/gittree", "internal/history", "internal/ownership/formats", "internal/webhook", "internal/policy",
		"internal/policy/command", "internal/publish", "internal/pull", "internal/seam", "internal/turns"}},
	"internal/forge/gitee/past": {may: []string{"internal/forge", "internal/forge/gitee/rest", "internal/pull"}},
	"internal/forge/gitee/rest": {may: []string{"internal/forge", "internal/history", "internal/pull"}},
	"internal/probe":            {may: []string{"internal/forge", "internal/forge/gitcmd", "internal/forge/gitee/rest", "internal/pull"}},
	"internal/forge/gitea/live": {testOnly: true, may: []string{"internal/forge/fake", "internal/forge/forgetest", "internal/forge/gitea",
		"internal/forge/mirror", "internal/gate", "internal/publish", "internal/pull", "internal/service", "internal/store",
		"internal/store/sqlite"}},
	"internal/forge/local": {adapter: true, may: []string{"internal/forge/gitcmd", "internal/gate", "internal/gittree", "internal/history",
		"internal/policy", "internal/policy/policyfile", "internal/pull", "internal/seam"}},
	"internal/forge/mirror": {adapter: true, may: []string{"internal/forge/gitcmd", "internal/forge/gittest", "internal/gittree",
		"internal/pull", "internal/seam"}},
	"internal/forge/fake": {pure: true, may: []string{"internal/pull"}},
	"internal/forge/fake/github": {adapter: true, may: []string{"internal/forge/fake", "internal/forge/fake/oauth",
		"internal/forge/fake/post"}},
	"internal/forge/fake/oauth":   {},
	"internal/forge/fake/post":    {},
	"internal/forge/fake/rest":    {may: []string{"internal/forge/fake", "internal/forge/fake/oauth", "internal/forge/fake/post"}},
	"internal/forge/fake/gitee":   {adapter: true, may: []string{"internal/forge/fake", "internal/forge/fake/rest"}},
	"internal/forge/fake/gitcode": {adapter: true, may: []string{"internal/forge/fake", "internal/forge/fake/rest"}},
	"internal/forge/seamtest": {may: []string{"internal/forge/fake", "internal/forge/forgetest", "internal/gate", "internal/gittree",
		"internal/policy", "internal/publish", "internal/pull", "internal/seam", "internal/service", "internal/webhook"}},
	"internal/forge/giteetest": {may: []string{"internal/forge/fake", "internal/forge/fake/gitcode", "internal/forge/fake/gitee",
		"internal/forge/fake/rest", "internal/forge/forgetest", "internal/forge/gittest"}},
	"internal/forge/githubtest": {may: []string{"internal/forge/fake", "internal/forge/fake/github", "internal/forge/forgetest",
		"internal/forge/gittest"}},
	"internal/forge/forgetest": {may: []string{"internal/history", "internal/policy/policyfile", "internal/forge/fake", "internal/gate",
		"internal/gittree", "internal/doctor", "internal/policy", "internal/seam", "internal/publish", "internal/pull", "internal/service",
		"internal/store", "internal/store/sqlite", "internal/webhook"}},
	"internal/store":        {may: slices.Concat(stored, []string{"internal/document", "internal/gate"})},
	"internal/store/tables": {may: slices.Concat(stored, []string{"internal/document", "internal/store"})},
	"internal/store/postgres": {adapter: true,
		may: slices.Concat(stored, []string{"internal/doctor", "internal/store", "internal/store/tables"})},
	"internal/store/sqlite": {adapter: true,
		may: slices.Concat(stored, []string{"internal/doctor", "internal/store", "internal/store/tables"})},
	"internal/store/storetest": {may: slices.Concat(stored,
		[]string{"internal/effects", "internal/gate", "internal/publish", "internal/store"})},
	"internal/store/visitortest": {may: []string{"internal/history", "internal/pull", "internal/response", "internal/store"}},
	"internal/web": {adapter: true, may: slices.Concat(workers, []string{"internal/backtest", "internal/chart", "internal/coverage",
		"internal/doctor", "internal/gate", "internal/history", "internal/history/merged", "internal/queue", "internal/service",
		"internal/turns", "internal/web/signin"})},
	"internal/web/signin": {may: []string{"internal/history", "internal/pull", "internal/seam"}},

	"internal/validation": {may: slices.Concat(readers, []string{"internal/terminal"})},

	"internal/archtest": {testOnly: true},
	"config":            {testOnly: true, may: slices.Concat(readers, []string{"internal/config"})},
	"deploy":            {testOnly: true, may: []string{"internal/config"}},
}

// mayEverything is the one place where all is wired together.
const mayEverything = "cmd/reviewgate"

// impure are what a pure package must not import, with all below them.
var impure = []string{
	"context", "crypto/rand", "database/sql", "io/ioutil", "log", "math/rand",
	"net", "os", "path/filepath", "runtime", "syscall", "testing",
}

// impureExcept are parts of the above that do no I/O.
var impureExcept = []string{"net/url", "net/netip"}

// clocks are what a pure package must not call.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// confined keeps libraries in the rooms that they were let into.
var confined = map[string][]string{
	"github.com/riverqueue/river": {"internal/queue", "internal/store", "internal/store/postgres", "internal/store/sqlite",
		"internal/store/storetest", mayEverything},
	"github.com/google/go-github":             {"internal/forge/github"},
	"github.com/bradleyfalzon/ghinstallation": {"internal/forge/github"},
	"github.com/go-git/go-git": {"internal/forge/fake", "internal/forge/fake/github", "internal/forge/fake/rest", "internal/forge/fake/gitee",
		"internal/forge/fake/gitcode"},
	"modernc.org/sqlite":            {"internal/store/sqlite"},
	"database/sql":                  {"internal/store", "internal/store/sqlite"},
	"github.com/jackc/pgx":          {"internal/store/postgres", "internal/store/postgrestest"},
	"github.com/spf13/cobra":        {mayEverything},
	"github.com/alexedwards/scs":    {"internal/web/signin"},
	"golang.org/x/oauth2":           {"internal/web/signin"},
	"github.com/caarlos0/env":       {"internal/config", mayEverything},
	"github.com/nicksnyder/go-i18n": {"internal/publish", "internal/web"},
	"gopkg.in/yaml.v3": {"internal/strictyaml", "internal/ownership/ownersfile", "internal/ownership/ownersyaml",
		"internal/ownership/people", "internal/ownership/yamlmap", "internal/policy/policyfile", "internal/publish", "internal/web",
		"internal/config",
		"internal/validation"},
}

// ordered gives the files of packages in which a file uses only what stands in those before it.
var ordered = map[string][]string{
	"internal/gate": {
		"doc.go", "run.go", "waits.go", "replay.go", "shown.go", "hints.go", "gate.go", // what came out, and what it takes
		"ungated.go", "current.go", "early.go", "objections.go", "reviewers.go", // what is known besides what was read
		"labels.go", "beside.go", "answers.go", "apply.go", // a plan is carried out
		"failed.go", "twinned.go", "evaluate.go",
	},
}

// topLevel are the entries that the tree's root may have.
var topLevel = []string{
	"cmd", "internal", "config", "deploy", "go.mod", "go.sum", "Dockerfile", "README.md", "README.zh-CN.md", "LICENSE",
	".ci", ".github", ".golangci.yml", ".gitignore", "action.yml", ".git",
}

// The largest that things may be.
const (
	maxFile      = 500  // lines
	maxFunction  = 70   // lines, outside tests
	maxPackage   = 2600 // lines, outside tests
	maxInterface = 4    // methods
)

// excepted lists what may be larger, or may be an init, with the reason:
// "directory.Name" for functions and interfaces, the path for files.
var excepted = map[string]string{
	"internal/store/storetest.Store": "a store as a whole, which a test holds to all its promises; consumers own the parts",
}

// largePackages may have more lines than maxPackage: two because what they speak is large,
// the others so many and no more, until they are parted.
var largePackages = map[string]int{
	"internal/forge/github":      7000,
	"internal/forge/fake":        5000,
	"internal/forge/fake/github": 7000,
	"cmd/reviewgate":             3000, // a file for each verb
}
