package github

import "strings"

// Unanswered lists the fields of the schema that have no resolver.
func Unanswered(s *Server) []string {
	var out []string
	for name, def := range s.graph.schema.Types {
		if def.Kind != "OBJECT" || strings.HasPrefix(name, "__") {
			continue
		}
		fields := s.graph.fields[name]
		if strings.HasSuffix(name, "Connection") {
			fields = s.graph.fields["Connection"]
		}
		for _, field := range def.Fields {
			if fields[field.Name] == nil && !strings.HasPrefix(field.Name, "__") {
				out = append(out, name+"."+field.Name)
			}
		}
	}
	return out
}
