package probe

// English and Chinese are the languages of reports.
const (
	English = "en"
	Chinese = "zh-CN"
)

// words are the sentences of a language, by key.
type words struct{ language int }

func wordsOf(language string) words {
	if language == Chinese {
		return words{1}
	}
	return words{0}
}

func (w words) of(key string) string { return sentences[key][w.language] }

// open are what no run settles, and why.
var open = []string{"open.reset-as-one", "open.neutral-fails", "open.deliveries", "open.limited"}

// sentences are all of them, in English and in Chinese, with the same values in the same order.
var sentences = map[string][2]string{
	"plan": {
		`In %s on %s, as %s, this will
- push six branches whose names begin with "%s", and open %d pull requests between them
- test, review, push to and comment on one of these, and write check runs where there are any
- close the pull requests, and delete the branches and the comment
It takes about a hundred calls and a few minutes. Closed pull requests and check runs stay. Members may be told by mail.
`,
		`将在 %s（%s）以 %s 的身份：
- 推送六个以“%s”开头的分支，并在其间打开 %d 个 PR
- 对其中一个 PR 测试、评审、推送、评论，并在支持时写入检查
- 关闭这些 PR，删除分支与评论
约需一百次调用、几分钟。已关闭的 PR 与检查会保留；成员可能收到通知邮件。
`},
	"head": {
		"What `%s` answered on %s, tried on a scratch repository by reviewgate %s. Names of accounts and of the repository are left out.",
		"`%s` 于 %s 的实际应答，由 reviewgate %s 在一个试验仓库上得到。报告不含帐号名与仓库名。",
	},
	"settings": {"**Settled**, as knobs of the doubles in `internal/forge/fake/rest`:",
		"**已确定**，对应 `internal/forge/fake/rest` 中替身的开关："},
	"value":  {"as it is here", "实际取值"},
	"failed": {"Not tried to its end: %s", "未能试完：%s"},
	"sent":   {"What was sent and answered (%d)", "发送与应答（%d）"},
	"open":   {"Not settled by this", "本次未能确定"},
	"undone": {"What is left", "遗留"},
	"closed": {"%d pull requests stay, closed: they can't be deleted by the API, and neither can check runs.",
		"%d 个 PR 已关闭并保留：API 不能删除 PR 与检查。"},
	"left":         {"Is left, or may be: %s", "已遗留，或可能遗留：%s"},
	"nothing left": {"Branches and comments were taken away.", "分支与评论已清除。"},

	"q.begin":        {"0. Branches and pull requests to try it on", "0. 试验用的分支与 PR"},
	"q.checks.who":   {"1.1 Who may write check runs?", "1.1 谁可以写入检查？"},
	"q.checks.list":  {"1.2 What does a second check run of a name do?", "1.2 同名检查写两次会怎样？"},
	"q.checks.twins": {"1.3 Is a check run that of its commit, or of its pull request?", "1.3 检查属于提交还是属于 PR？"},
	"q.checks.final": {"1.4 Can a completed check run be changed?", "1.4 已完成的检查能否修改？"},
	"q.accept":       {"2.1 Can an account test and review, and take it back?", "2.1 帐号能否测试、评审并撤回？"},
	"q.moves":        {"2.2 Does a test or a review move the time of change?", "2.2 测试或评审是否改变更新时间？"},
	"q.push":         {"2.3 Does a push reset tests and reviews?", "2.3 推送是否重置测试与评审？"},
	"q.rewrite":      {"2.4 Does a forced push that keeps the patch reset them?", "2.4 补丁不变的强制推送是否重置？"},
	"q.retarget":     {"2.5 Does another target branch reset them?", "2.5 改换目标分支是否重置？"},
	"q.asking":       {"2.6 What does asking somebody do who can't be asked?", "2.6 请求无法评审的人会怎样？"},
	"q.comment":      {"3. How soon is a comment found, and is an edit shown?", "3. 评论多久可见，编辑是否可见？"},
	"q.modes":        {"4.1 How do the lists show a mode, a link and a submodule?", "4.1 列表如何显示文件模式、符号链接与子模块？"},
	"q.many":         {"4.2 How many of many files do the lists have?", "4.2 文件很多时列表给出多少？"},
	"q.limits":       {"5. Which headers tell of limits and pages?", "5. 哪些响应头说明限额与分页？"},
	"q.contents":     {"6. How is a missing path answered?", "6. 路径不存在时如何应答？"},
	"q.logs":         {"7. What does the log say of all that?", "7. 操作日志如何记录以上操作？"},

	"no-administrator=0":  {"The account administrates the repository, and may write check runs.", "帐号是管理员，可以写入检查。"},
	"no-administrator=1":  {"The account is no administrator, and may not write check runs.", "帐号不是管理员，不能写入检查。"},
	"checks.by developer": {"The account is no administrator, and **may** write check runs.", "帐号不是管理员，**却可以**写入检查。"},
	"bare-runs=0":         {"Check runs are listed with a count around them.", "检查列表带有总数。"},
	"bare-runs=1":         {"Check runs are listed as an array.", "检查列表是数组。"},
	"checks.listed": {"Of two runs of one name, `filter=all` lists %d and `filter=latest` %d.",
		"同名检查写了两次：`filter=all` 列出 %d 个，`filter=latest` 列出 %d 个。"},
	"twins-share=0":    {"It is its pull request's: another one of the same head does not show it.", "属于 PR：源提交相同的另一 PR 不显示它。"},
	"twins-share=1":    {"It is its commit's: another pull request of the same head shows it.", "属于提交：源提交相同的另一 PR 也显示它。"},
	"final-ignored=0":  {"A change is refused.", "修改被拒绝。"},
	"final-ignored=1":  {"A change is taken, and has no effect.", "修改被接受，但不生效。"},
	"checks.not final": {"A change takes effect: **a conclusion is not final.**", "修改生效：**结论并非不可更改。**"},

	"tested":           {"It can test its own pull request.", "可以测试通过自己的 PR。"},
	"not tested":       {"It can't test its own pull request.", "不能测试通过自己的 PR。"},
	"reviewed":         {"It can review its own pull request.", "可以评审通过自己的 PR。"},
	"not reviewed":     {"It can't review its own pull request.", "不能评审通过自己的 PR。"},
	"taken back":       {"It can take its test back, without `reset_all`.", "不带 `reset_all` 即可撤回自己的测试。"},
	"not taken back":   {"It can't take its test back without `reset_all`.", "不带 `reset_all` 不能撤回自己的测试。"},
	"approvals-move=0": {"No: `updated_at` stays.", "不改变 `updated_at`。"},
	"approvals-move=1": {"Yes: `updated_at` moves.", "改变 `updated_at`。"},
	"push-keeps=0":     {"Yes, a push takes them back.", "会，推送后全部重置。"},
	"push-keeps=1":     {"No: **a push leaves them as they are.**", "不会：**推送后保持不变。**"},
	"rewrite-keeps=0":  {"Yes, it takes them back as any push does.", "会，与普通推送相同。"},
	"rewrite-keeps=1":  {"No: **it leaves them as they are.**", "不会：**保持不变。**"},
	"base-by-call=0": {"The API does not change the target branch; `retarget-resets` stays open: " +
		"change it by hand on a pull request that passed, and look.", "API 不能修改目标分支，`retarget-resets` 未能确定：请在已通过的 PR 上手动修改后查看。"},
	"base-by-call=1":    {"The API can change the target branch.", "API 可以修改目标分支。"},
	"retarget-resets=0": {"Another target branch **leaves them as they are.**", "改换目标分支后**保持不变。**"},
	"retarget-resets=1": {"Another target branch takes them back.", "改换目标分支后全部重置。"},
	"asking-ignored=0":  {"The call is refused.", "请求被拒绝。"},
	"asking-ignored=1":  {"The call is taken, and that person is passed over.", "请求成功，此人被略过。"},

	"late-comments":    {"A comment that was just written was not found %d times.", "刚写的评论有 %d 次读取不到。"},
	"edit shown":       {"An edited comment shows another time of change.", "编辑后的评论更新时间不同。"},
	"not edit shown":   {"An edited comment **shows no other time of change.**", "编辑后的评论**更新时间不变。**"},
	"in files":         {"`%s` is in `files`, with the modes `%s` and `%s`.", "`%s` 在 `files` 中，模式为 `%s` 与 `%s`。"},
	"not in files":     {"`%s` is **not** in `files`.", "`%s` **不在** `files` 中。"},
	"in compare":       {"`%s` is in `compare`.", "`%s` 在 `compare` 中。"},
	"not in compare":   {"`%s` is **not** in `compare`.", "`%s` **不在** `compare` 中。"},
	"many":             {"Of %d files `files` lists %d, and `compare` %d.", "共 %d 个文件：`files` 列出 %d 个，`compare` 列出 %d 个。"},
	"files.json":       {"`files.json` counts %d files, and lists %d.", "`files.json` 计 %d 个文件，列出 %d 个。"},
	"empty-contents=0": {"By 404.", "404。"},
	"empty-contents=1": {"By an empty list.", "空列表。"},
	"log":              {"`%s`", "`%s`"},
	"logs":             {"It has %d rows.", "共 %d 行。"},
	"header":           {"`%s`", "`%s`"},
	"no header":        {"None.", "没有。"},

	"open.reset-as-one": {"`reset-as-one`: whether a reset without `reset_all` takes back what others accepted; that needs a second account.",
		"`reset-as-one`：不带 `reset_all` 的重置是否也撤回他人的通过；需要第二个帐号。"},
	"open.neutral-fails": {"`neutral-fails`: whether a required check lets `neutral` and `skipped` pass; that needs a rule, made by hand.",
		"`neutral-fails`：必需的检查为 `neutral` 或 `skipped` 时能否合并；需要手动建立规则。"},
	"open.deliveries": {"`silent-approvals`, `silent-edits`, `machine-words`, `checks-told`, `password`: what webhooks tell; " +
		"add one by hand, and look at its list of requests.",
		"`silent-approvals`、`silent-edits`、`machine-words`、`checks-told`、`password`：WebHook 的内容；请手动添加后查看请求历史。"},
	"open.limited": {"How a call is answered that a limit refuses; no limit was used up.", "超出限额时的应答；未耗尽限额。"},
}
