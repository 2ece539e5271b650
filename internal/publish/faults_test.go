package publish

import (
	"errors"
	"strings"
	"testing"

	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// TestUsualFaultsInChinese holds that the usual mistakes in a policy and a map are said in
// Chinese as a whole, with no English behind it but what is quoted.
func TestUsualFaultsInChinese(t *testing.T) {
	t.Parallel()
	s := newWords(t).in("zh-CN")
	parsePolicy := func(text string) error { _, err := policyfile.Parse("p.yml", []byte(text)); return err }
	parseMap := func(text string) error { _, _, err := yamlmap.Parse("m.yml", []byte(text)); return err }
	for _, tt := range []struct {
		parse      func(string) error
		text, want string
	}{
		{parsePolicy, "version: 2\n", "version: 1"},
		{parsePolicy, "", "文件为空"},
		{parsePolicy, "version: 1\nthreshold:\n", "键没有值"},
		{parsePolicy, "version: 1\nversion: 1\n", "重复的键"},
		{parsePolicy, "version: 1\nmode: maybe\n", "可写"},
		{parsePolicy, "version: 1\nenforce_from: soon\n", "日期"},
		{parsePolicy, "version: 1\nbranches: [main]\n", "请按此例书写"},
		{parsePolicy, "version: 1\n---\nversion: 1\n", "第二个文档"},
		{parsePolicy, "version: &x 1\n", "锚点"},
		{parsePolicy, "version: 1\nzzzzzzzzzz: 1\n", "未知的键"},
		{parseMap, "version: 1\nsubsystems:\n  - {name: mm, paths: [\"mm/**\"]}\n", "没有维护者"},
		{parseMap, "version: 1\nsubsystems:\n  - {name: mm, maintainers: [alice]}\n", "没有任何文件"},
		{parseMap, "version: 1\nsubsystems:\n  - {maintainers: [alice], paths: [\"mm/**\"]}\n", "需要名称"},
		{parseMap, "version: 1\nsubsystems: []\n", "没有子系统"},
	} {
		faults, ok := errors.AsType[strictyaml.Faults](tt.parse(tt.text))
		if !ok {
			t.Errorf("%q: no fault", tt.text)
			continue
		}
		said := s.fault(policy.Verdict{Faults: faults}, 0).Plain()
		if !strings.Contains(said, tt.want) || strings.Contains(said, "（") {
			t.Errorf("%q: %s, want %s and no text behind it", faults[0].Text, said, tt.want)
		}
	}
}
