//go:build !nodemo

package demo

import (
	"fmt"

	"github.com/reviewgate/reviewgate/internal/forge/fake"
)

// Policy is the repository's where people speak English.
const Policy = `version: 1
threshold: 90%
contact: https://example.org/review
ownership:
  - subsystems: .github/subsystems.yml
`

// Map is its subsystems.
const Map = `version: 1
subsystems:
  - name: mm
    title: {en: Memory management, zh-CN: 内存}
    paths: ["mm/**", "include/linux/mm*.h"]
    maintainers: [alice, "@acme/mm"]
    threshold: 100%
    contact: mm@example.org
  - name: fs
    title: {en: Filesystems, zh-CN: 文件系统}
    paths: ["fs/**"]
    maintainers: [bob]
    contact: fs@example.org
  - {name: core, fallback: true, maintainers: [carol]}
`

// English is the story of acme/linux.
func English() Scene {
	return Scene{
		Kind: "github", Owner: "acme", Name: "linux", People: []string{"dave", "alice", "bob", "carol", "erin"},
		Maintainers: []string{"carol", "alice", "bob", "erin"}, Team: fake.Team{Org: "acme", Slug: "mm", Name: "mm", Members: []string{"erin"}},
		Files:   map[string]string{".github/review-gate.yml": Policy, ".github/subsystems.yml": Map, "README": "A small kernel.\n"},
		Changed: []string{"mm/slab.c", "mm/vmscan.c", "mm/swap.c", "include/linux/mm.h", "fs/inode.c", "fs/super.c", "kernel/fork.c"},
		Title:   "Make it two", Marks: [3]string{"pass   ", "fail   ", "wait   "},
		Steps: []Step{
			{"dave opens a pull request that changes seven files", "0 of 7", Open, ""},
			{"alice, a maintainer of mm, approves", "4 of 7", Approve, "alice"},
			{"dave pushes a change to mm/slab.c, one of hers", "3 of 7", Push, ""},
			{"alice approves again", "4 of 7", Approve, "alice"},
			{"bob, the maintainer of fs, approves", "6 of 7", Approve, "bob"},
			{"carol, the fallback maintainer, approves: the gate opens", "7 of 7", Approve, "carol"},
		},
		Labels: Labels{
			Language: "en", Heading: "Play the people of the story", Check: "Check", Page: "What the gate says",
			Files: "Changed files", Said: "Comments", Again: "Look again",
			Who: "Sign in as", Admin: "administrator",
			Acts: map[Act]string{ActApprove: "approve", ActObject: "request changes", ActPush: "push a change", ActRebase: "rebase"},
		},
		Look: "Play its people: %s\nSee what the gate says, and sign in as one of them: %s\n",
		Invite: func(api string, number int, head, hooks, dir string) string {
			return fmt.Sprintf(`Both stay up until Ctrl-C. In another terminal, for example:

  GITHUB_TOKEN=token-carol go run ./cmd/reviewgate check --api-url %[1]s --repo acme/linux --pr %[2]d

  curl -H 'Authorization: Bearer token-bob' -X POST %[1]srepos/acme/linux/pulls/%[2]d/reviews \
    -d '{"event": "REQUEST_CHANGES", "body": "please split this"}'

  curl %[1]srepos/acme/linux/commits/%[3]s/check-runs -H 'Authorization: Bearer token-dave'

  go run ./cmd/reviewgate report load --repo acme/linux --database sqlite:%[5]s/reviewgate.db

Everybody's token is token-LOGIN: alice, bob, carol, dave, erin.
Webhooks go to %[4]s; the database is in %[5]s.
`, api, number, head, hooks, dir)
		},
	}
}

// ChinesePolicy is the repository's where people speak Chinese.
const ChinesePolicy = `version: 1
threshold: 90%
language: zh-CN
contact: "Cloud Kernel SIG 钉钉群"
people: .gitee/people.yml
ownership:
  - subsystems: .gitee/subsystems.yml
`

// ChineseMap is its subsystems.
const ChineseMap = `version: 1
subsystems:
  - name: mm
    title: {zh-CN: 内存管理}
    paths: ["mm/**", "include/linux/mm*.h"]
    maintainers: [zhaomin, "@anolis/mm"]
    threshold: 100%
    contact: mm@example.org
  - name: x86
    title: {zh-CN: x86 与海光}
    paths: ["arch/x86/**"]
    maintainers: [wangjing]
  - {name: core, title: {zh-CN: 其他}, fallback: true, maintainers: [linhaoyu]}
`

// ChinesePeople lists the team.
const ChinesePeople = `version: 1
people:
  - {key: zhao, name: 赵敏, emails: [zhaomin@example.com], logins: {gitee: zhaomin, gitcode: zhaomin}}
  - {key: wang, name: 王静, emails: [wangjing@example.com], logins: {gitee: wangjing, gitcode: wangjing}}
  - {key: lin, name: 林浩宇, emails: [linhaoyu@example.com], logins: {gitee: linhaoyu, gitcode: linhaoyu}}
  - {key: sun, name: 孙莉, emails: [sunli@example.com], logins: {gitee: sunli, gitcode: sunli}}
teams: {mm: [sun]}
`

// Chinese is the story of a kernel's fork on a forge in China: somebody of a vendor of
// processors contributes, and maintainers of three areas review.
func Chinese(kind, title string) Scene {
	return Scene{
		Kind: kind, Owner: "anolis", Name: "cloud-kernel", People: []string{"chenhg", "zhaomin", "wangjing", "linhaoyu", "sunli"},
		Maintainers: []string{"linhaoyu", "zhaomin", "wangjing", "sunli"},
		Files: map[string]string{".gitee/review-gate.yml": ChinesePolicy, ".gitee/subsystems.yml": ChineseMap, ".gitee/people.yml": ChinesePeople,
			".gitcode/review-gate.yml": ChinesePolicy, "README": "A small kernel.\n"},
		Changed: []string{"mm/slab.c", "mm/vmscan.c", "mm/swap.c", "include/linux/mm.h", "arch/x86/kernel/cpu/hygon.c",
			"arch/x86/kernel/cpu/mce/core.c", "kernel/fork.c"},
		Title: "x86/hygon: 支持新的内存拓扑", Marks: [3]string{"通过  ", "未通过", "等待  "},
		Steps: []Step{
			{"海光的 chenhg 提交一个 PR，改动七个文件", "已评审 0/7", Open, ""},
			{"内存管理维护者 zhaomin 评论 /approve 提交号", "已评审 4/7", Speak, "zhaomin"},
			{"chenhg 推送修改，又改动了 mm/slab.c", "已评审 3/7", Push, ""},
			{"zhaomin 审查通过", "已评审 4/7", Approve, "zhaomin"},
			{"x86 维护者 wangjing 审查通过", "已评审 6/7", Approve, "wangjing"},
			{"兜底维护者 linhaoyu 审查通过，门禁放行", "已评审 7/7", Approve, "linhaoyu"},
		},
		Labels: Labels{
			Language: "zh-CN", Heading: "扮演故事中的人", Check: "检查", Page: "查看门禁页面", Files: "改动的文件", Said: "评论",
			Again: "刷新", Who: "选择登录身份", Admin: "管理员", Acts: map[Act]string{ActApprove: "审查通过", ActObject: "要求修改", ActPush: "推送修改", ActRebase: "变基"},
		},
		Look: "扮演故事中的人：%s\n查看门禁页面，可以故事中的身份登录：%s\n",
		Invite: func(api string, number int, _, hooks, dir string) string {
			return fmt.Sprintf(`%[1]s与服务会一直运行，按 Ctrl-C 结束。可以在另一个终端中试验，例如：

  curl -H 'Authorization: Bearer token-wangjing' -X POST %[2]sapi/v5/repos/anolis/cloud-kernel/pulls/%[3]d/comments \
    -H 'Content-Type: application/json' -d '{"body": "/hold 请拆分提交"}'

  curl -H 'Authorization: Bearer token-chenhg' %[2]sapi/v5/repos/anolis/cloud-kernel/pulls/%[3]d/comments

每个人的令牌是 token-帐号：chenhg、zhaomin、wangjing、linhaoyu、sunli。
WebHook 地址为 %[4]s，数据库在 %[5]s。
`, title, api, number, hooks, dir)
		},
	}
}
