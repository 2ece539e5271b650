package gate

import "testing"

func TestAttributes(t *testing.T) {
	t.Parallel()
	var all attributes
	all = append(all, parseAttributes(".", []byte("# comment\n*.pb.go linguist-generated\n/gen/** linguist-generated=true text\nvendor/ linguist-generated\n*.c text\na{b}.c linguist-generated\n"))...)
	all = append(all, parseAttributes("mm", []byte("x.pb.go -linguist-generated\n*.tab.c linguist-generated\n/only.c linguist-generated\n"))...)
	all = append(all, parseAttributes("odd", []byte("*.c linguist-generated\n\"a b.c\" -linguist-generated\n"))...)
	for path, want := range map[string]bool{
		"a.pb.go": true, "fs/deep/a.pb.go": true, "gen/x/y": true, "x/gen/y": false,
		"vendor/a.c": false, // git gives a pattern with a slash at its end no meaning
		"mm/x.pb.go": false, "mm/sub/x.pb.go": false, "fs/x.pb.go": true,
		"mm/sub/p.tab.c": true, "fs/p.tab.c": false, "mm/only.c": true, "mm/sub/only.c": false,
		"odd/x.c": false, "odd/a b.c": false, "a{b}.c": true, "ab.c": false,
	} {
		if got := all.generated(path); got != want {
			t.Errorf("%s: generated = %v, want %v", path, got, want)
		}
	}
}
