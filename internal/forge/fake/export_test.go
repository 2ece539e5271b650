package fake

import "strings"

// Unanswered lists the fields of the schema that have no resolver.
func Unanswered(f *Forge) []string {
	var out []string
	for name, def := range f.graph.schema.Types {
		if def.Kind != "OBJECT" || strings.HasPrefix(name, "__") {
			continue
		}
		fields := f.graph.fields[name]
		if strings.HasSuffix(name, "Connection") {
			fields = f.graph.fields["Connection"]
		}
		for _, field := range def.Fields {
			if fields[field.Name] == nil && !strings.HasPrefix(field.Name, "__") {
				out = append(out, name+"."+field.Name)
			}
		}
	}
	return out
}
