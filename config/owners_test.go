package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reviewgate/reviewgate/internal/forge/forgetest"
	"github.com/reviewgate/reviewgate/internal/glob"
	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
)

const kernelMap = "owners/cloud-kernel.yml"

// kernelPaths reads the paths of a real Linux tree.
func kernelPaths(t *testing.T) []string {
	t.Helper()
	paths := strings.Fields(string(forgetest.Shared(t, "kernel/tree-6.12.txt.gz")))
	if len(paths) < 80_000 {
		t.Fatalf("%d paths", len(paths))
	}
	return paths
}

func kernelOwners(t *testing.T) (*ownership.Map, ownership.Ruleset) {
	t.Helper()
	set, warnings, err := yamlmap.Parse(kernelMap, read(t, kernelMap))
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	m, err := ownership.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return m, set
}

// TestKernelSubsystemsAreComplete holds each subsystem to what people need of
// it.
func TestKernelSubsystemsAreComplete(t *testing.T) {
	t.Parallel()
	_, set := kernelOwners(t)
	fallbacks := 0
	for _, s := range set.Subsystems {
		if s.Titles["en"] == "" || s.Titles["zh-CN"] == "" || s.Contact == "" {
			t.Errorf("%s: a title in each language and a contact are wanted", s.Name)
		}
		if s.Fallback {
			fallbacks++
		}
		if s.Name == "kconfig" && s.Threshold.String() != "100%" {
			t.Errorf("kconfig has the floor %s", s.Threshold)
		}
	}
	if fallbacks != 1 {
		t.Errorf("%d fallbacks", fallbacks)
	}
}

// outOfTree are patterns for files that only the Cloud Kernel tree has, with
// the reason. Alternatives in braces stand here one by one.
var outOfTree = map[string]string{
	"anolis/configs/**":                     "the distribution's own directory",
	"!anolis/configs/**":                    "the distribution's own directory",
	"anolis/**":                             "the distribution's own directory",
	"arch/*/configs/anolis*_defconfig":      "the distribution's own configurations",
	"arch/sw_64/**":                         "the architecture is not upstream",
	"!arch/sw_64/**":                        "the architecture is not upstream",
	"drivers/firmware/efi/sunway*":          "the architecture is not upstream",
	"tools/arch/sw_64/**":                   "the architecture is not upstream",
	"Documentation/arch/sw_64/**":           "the architecture is not upstream",
	"drivers/crypto/ccp/hygon/**":           "Hygon's confidential computing is not upstream",
	"drivers/crypto/zhaoxin-*":              "Zhaoxin's algorithms are not upstream",
	"drivers/hwmon/zhaoxin-cputemp.c":       "Zhaoxin's sensors are not upstream",
	"drivers/**/*phytium*":                  "Phytium's drivers are not upstream",
	"drivers/**/phytium/**":                 "Phytium's drivers are not upstream",
	"arch/arm64/boot/dts/phytium/**":        "Phytium's boards are not upstream",
	"Documentation/devicetree/**/*phytium*": "Phytium's bindings are not upstream",
	"include/linux/soc/**/*loongson*":       "Loongson's headers are not upstream",
}

// TestKernelPatternsMatchFiles finds patterns that are wrong or have gone
// stale.
func TestKernelPatternsMatchFiles(t *testing.T) {
	t.Parallel()
	paths := kernelPaths(t)
	_, set := kernelOwners(t)
	used := map[string]bool{}
	check := func(sign string, r ownership.Rule) {
		for _, text := range alternatives(r.Pattern.String()) {
			one, err := glob.Compile(text)
			if err != nil {
				t.Fatal(err)
			}
			_, elsewhere := outOfTree[sign+text]
			used[sign+text] = elsewhere
			if matches := slices.ContainsFunc(paths, one.Match); matches == elsewhere {
				t.Errorf("%s: pattern %s%s: matches a file of the tree: %v; listed as out of tree: %v", r.Pos, sign, text, matches, elsewhere)
			}
		}
	}
	for _, s := range set.Subsystems {
		for _, r := range s.Include {
			check("", r)
		}
		for _, r := range s.Exclude {
			check("!", r)
		}
	}
	for text := range outOfTree {
		if !used[text] {
			t.Errorf("outOfTree lists %s, which the map does not have", text)
		}
	}
}

// alternatives expands the first pair of braces; the map nests none.
func alternatives(text string) []string {
	head, rest, found := strings.Cut(text, "{")
	inside, tail, closed := strings.Cut(rest, "}")
	if !found || !closed {
		return []string{text}
	}
	var out []string
	for part := range strings.SplitSeq(inside, ",") {
		out = append(out, alternatives(head+part+tail)...)
	}
	return out
}

func TestKernelCoverage(t *testing.T) {
	t.Parallel()
	paths := kernelPaths(t)
	m, _ := kernelOwners(t)
	left := 0
	for _, path := range paths {
		switch owners := m.Match(path); {
		case len(owners) == 0:
			t.Fatalf("%s: owned by nobody, not even the fallback", path)
		case owners[0].Fallback:
			left++
		}
	}
	t.Logf("%d of %d files are left to the fallback", left, len(paths))
	if left*10 > len(paths) {
		t.Errorf("%d of %d files are left to the fallback, more than a tenth", left, len(paths))
	}
}

func TestKernelOwnersOfPaths(t *testing.T) {
	t.Parallel()
	m, _ := kernelOwners(t)
	tests := map[string]string{
		"fs/erofs/zdata.c":                           "fs/erofs",
		"fs/netfs/fscache_main.c":                    "fs/fscache",
		"fs/cachefiles/ondemand.c":                   "fs/fscache",
		"fs/ext4/inode.c":                            "fs/ext4",
		"include/linux/jbd2.h":                       "fs/ext4",
		"fs/fuse/dev.c":                              "fs/fuse",
		"fs/namei.c":                                 "fs",
		"fs/btrfs/inode.c":                           "fs",
		"io_uring/rw.c":                              "io_uring",
		"include/uapi/linux/io_uring.h":              "io_uring",
		"block/blk-mq.c":                             "block",
		"drivers/target/target_core_user.c":          "storage/tcmu",
		"drivers/nvme/host/pci.c":                    "storage/drivers",
		"mm/page_alloc.c":                            "mm",
		"include/linux/mm_types.h":                   "mm",
		"kernel/sched/fair.c":                        "sched",
		"kernel/bpf/verifier.c":                      "bpf",
		"arch/x86/net/bpf_jit_comp.c":                "bpf arch/x86",
		"kernel/fork.c":                              "kernel",
		"net/ipv4/tcp.c":                             "net",
		"net/smc/af_smc.c":                           "net net/smc",
		"drivers/net/ethernet/intel/ice/ice_main.c":  "net/drivers platform/intel",
		"drivers/net/virtio_net.c":                   "net/drivers virt",
		"arch/arm64/kernel/setup.c":                  "arch/arm64",
		"arch/x86/kernel/cpu/hygon.c":                "arch/x86 platform/hygon",
		"arch/x86/kernel/cpu/zhaoxin.c":              "arch/x86 platform/zhaoxin",
		"arch/x86/kernel/cpu/intel.c":                "arch/x86 platform/intel",
		"arch/x86/kvm/vmx/vmx.c":                     "arch/x86 platform/intel virt",
		"arch/loongarch/kernel/setup.c":              "arch/loongarch",
		"arch/sw_64/kernel/setup.c":                  "arch/sw64",
		"arch/arm/mach-imx/cpu.c":                    "arch/others",
		"drivers/irqchip/irq-loongson-eiointc.c":     "platform/loongson drivers",
		"drivers/usb/phytium/core.c":                 "platform/phytium drivers",
		"anolis/configs/L0-MANDATORY/x86/CONFIG_MMU": "kconfig",
		"anolis/buildpkg.sh":                         "build",
		"Kconfig":                                    "build",
		"include/linux/kref.h":                       "rest",
		"COPYING":                                    "rest",
	}
	for path, want := range tests {
		var names []string
		for _, s := range m.Match(path) {
			names = append(names, s.Name)
		}
		if diff := cmp.Diff(want, strings.Join(names, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// TestKernelForkIsLaidOver lays the example of overlays over a MAINTAINERS and
// joins an address to a login by the example of people.
func TestKernelForkIsLaidOver(t *testing.T) {
	t.Parallel()
	file := func(name string) []ownership.File { return []ownership.File{{Path: name, Data: read(t, name)}} }
	text := "MEMORY MANAGEMENT\nM:\tUpstream <up@example.org>\nF:\tmm/\n\nKVM\nM:\tZhao Min <ZMIN@kernel.example>\nF:\tvirt/\n\nTHE " +
		"REST\nM:\tUpstream <up@example.org>\nF:\t*\nF:\t*/\n"
	m, warnings, err := formats.Parse([]formats.Source{
		{Format: formats.Maintainers, Path: "MAINTAINERS", Files: []ownership.File{{Path: "MAINTAINERS", Data: []byte(text)}}},
		{Format: formats.Subsystems, Path: "owners/kernel-fork.yml", Files: file("owners/kernel-fork.yml")},
		{Format: formats.People, Path: "owners/people.yml", Files: file("owners/people.yml")},
	}, "github")
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	for path, want := range map[string]string{
		"mm/slab.c": "zhao-mm @anolis/mm", "virt/kvm.c": "zhao-mm", "init/main.c": "@anolis/core", "anolis/configs/x86": "@anolis/configs",
	} {
		var got []string
		for _, o := range m.Match(path)[0].Maintainers {
			got = append(got, o.String())
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// TestCloudKernelOnGitee lays the example for Gitee over the kernel's own MAINTAINERS: each
// overlay has its section, and each file has somebody with an account who may approve.
func TestCloudKernelOnGitee(t *testing.T) {
	t.Parallel()
	files := func(name string, data []byte) []ownership.File { return []ownership.File{{Path: name, Data: data}} }
	m, warnings, err := formats.Forge{Name: "gitee", Kind: "gitee"}.Parse([]formats.Source{
		{Format: formats.Maintainers, Path: "MAINTAINERS", Files: files("MAINTAINERS", forgetest.Shared(t, "kernel/MAINTAINERS-6.12.gz"))},
		{Format: formats.Subsystems, Path: "map.yml", Files: files("map.yml", read(t, "owners/cloud-kernel-gitee.yml"))},
		{Format: formats.People, Path: "people.yml", Files: files("people.yml", read(t, "owners/gitee-people.yml"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		if w.Pos.File != "MAINTAINERS" {
			t.Errorf("%s: %s", w.Pos, w.Text)
		}
	}
	for path, want := range map[string]string{
		"fs/erofs/zdata.c": "EROFS FILE SYSTEM: qiaoran linhaoyu", "mm/slab.c": "MEMORY MANAGEMENT: zhaomin xuqinghe",
		"init/main.c": "THE REST: guruoshui baimu", "anolis/configs/x": "anolis/configs: guruoshui baimu",
		".gitee/people.yml":             "gate: guruoshui baimu",
		"arch/loongarch/kernel/setup.c": "LOONGARCH: yefanzhou",
	} {
		found := false
		for _, s := range m.Match(path) {
			got := s.Name + ":"
			for _, o := range s.Maintainers {
				members, _ := m.Team(o.Team)
				got = strings.Join(append([]string{got}, append(members, strings.Fields(o.Login)...)...), " ")
			}
			found = found || got == want
		}
		if !found {
			t.Errorf("%s: want %s", path, want)
		}
	}
}
