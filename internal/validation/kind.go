package validation

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/reviewgate/reviewgate/internal/ownership"
	"github.com/reviewgate/reviewgate/internal/ownership/codeowners"
	"github.com/reviewgate/reviewgate/internal/ownership/formats"
	"github.com/reviewgate/reviewgate/internal/ownership/people"
	"github.com/reviewgate/reviewgate/internal/ownership/yamlmap"
	"github.com/reviewgate/reviewgate/internal/policy/policyfile"
	"github.com/reviewgate/reviewgate/internal/strictyaml"
)

// Kinds of files besides the formats of ownership.
const (
	kindPolicy = "policy"
	kindMap    = "subsystem map"
	kindConfig = "configuration"
	fileKind   = " file" // stands behind a format
)

// policyPaths are where a policy has its place in a working tree.
var policyPaths = policyfile.Places()

// byName are the kinds that a file's name alone tells.
var byName = map[string]formats.Name{
	"CODEOWNERS": formats.Codeowners, "OWNERS": formats.OwnersTree, "OWNERS_ALIASES": formats.OwnersTree, "owners.yaml": formats.OwnersYAML,
	people.SigInfoName: formats.SigInfo, formats.MailmapPath: formats.Mailmap, formats.IgnorePath: formats.Ignore,
}

// kindOf tells by its name, or by its first keys, what a file is meant to be. It
// reads no deeper than that; a file that is no mapping is taken for a policy.
func kindOf(file string, data []byte) string {
	name := path.Base(file)
	if formats.PeopleAt(file) == formats.PeopleTable {
		return string(formats.Committers)
	}
	if strings.HasPrefix(name, "MAINTAINERS") {
		return string(formats.Maintainers)
	}
	if format, known := byName[name]; known {
		return string(format)
	}
	var doc yaml.Node
	if len(data) > strictyaml.MaxSize || yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 {
		return kindPolicy
	}
	for i := 0; i+1 < len(doc.Content[0].Content); i += 2 {
		switch value := doc.Content[0].Content[i+1]; doc.Content[0].Content[i].Value {
		case "subsystems", "overlays":
			return kindMap
		case "people":
			if value.Kind == yaml.SequenceNode && !listsFiles(value) {
				return string(formats.People)
			}
		case "forges", "listen", "database":
			return kindConfig
		}
	}
	return kindPolicy
}

// listsFiles reports whether a list of people is a policy's, of files: of paths, or maps with one.
func listsFiles(list *yaml.Node) bool {
	if len(list.Content) == 0 {
		return false
	}
	first := list.Content[0]
	if first.Kind == yaml.ScalarNode {
		return strings.ContainsAny(first.Value, "./")
	}
	for i := 0; i+1 < len(first.Content); i += 2 {
		if first.Content[i].Value == "path" {
			return true
		}
	}
	return false
}

// source is an ownership file, or one of people, by itself.
func (c *Checker) source(format formats.Name, file string, data []byte) formats.Source {
	s := formats.Source{Format: format, Dialect: c.Dialect, Path: path.Base(file), Files: []ownership.File{{Path: file, Data: data}}}
	if format == formats.OwnersTree { // its directory is what it owns
		s.Files[0].Path = s.Path
		s.Path = strings.TrimSuffix(s.Path, "_ALIASES")
	}
	for _, d := range []formats.Dialect{formats.GitLab, formats.Gitee, formats.GitCode, formats.Gitea} {
		if c.Dialect == "" && slices.Contains(strings.Split(file, "/"), "."+string(d)) {
			s.Dialect = d
		}
	}
	return s
}

// inTree divides the path of a policy that has its place in a working tree into the tree's
// root and the path in it.
func inTree(file string) (root, at string, ok bool) {
	whole, err := filepath.Abs(file)
	if err != nil {
		return "", "", false
	}
	for _, at := range policyPaths {
		if rest, ok := strings.CutSuffix(filepath.ToSlash(whole), "/"+at); ok && rest != "" {
			if rest = strings.TrimSuffix(strings.TrimSuffix(filepath.ToSlash(file), at), "/"); rest == "" {
				rest = "."
			}
			return filepath.FromSlash(rest), at, true
		}
	}
	return "", "", false
}

// conventional lists the files of a directory that the gate would read there: its policy,
// which names the others, or the ownership files; else all that may be one of ours.
func conventional(dir string) ([]string, error) {
	for _, list := range [][]string{policyPaths, ownershipPaths()} {
		var found []string
		for _, p := range list {
			if at := filepath.Join(dir, filepath.FromSlash(p)); exists(at) && !slices.Contains(found, at) {
				found = append(found, at)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	var found []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yml" || ext == ".yaml") {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("there is nothing to check in %s: no %s, no ownership file such as %s, MAINTAINERS or CODEOWNERS, and no "+
			"*.yml; name the files", dir, policyPaths[0], yamlmap.DefaultPath)
	}
	return found, nil
}

// ownershipPaths are where ownership files have their place in a working tree.
func ownershipPaths() []string {
	list := append(formats.MapPlaces(policyPaths...), "MAINTAINERS")
	for _, d := range []codeowners.Dialect{codeowners.GitHub, codeowners.GitLab, codeowners.Gitee, codeowners.GitCode, codeowners.Gitea} {
		list = append(list, codeowners.Places(d)...)
	}
	return append(list, "OWNERS", "OWNERS_ALIASES", "owners.yaml")
}

func exists(file string) bool {
	info, err := os.Stat(file)
	return err == nil && !info.IsDir()
}
