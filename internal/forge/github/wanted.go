package github

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// keys are those of an object that are read, each with those below it; none
// where all below it is read.
type keys map[string]keys

// wantedKeys are the keys of a payload that are read.
var wantedKeys = sync.OnceValue(func() keys { return keysOf(reflect.TypeFor[payload]()) })

func keysOf(t reflect.Type) keys {
	all := keys{}
	for f := range t.Fields() {
		inner := deref(f.Type)
		switch {
		case f.Anonymous:
			maps.Copy(all, keysOf(inner))
		case inner.Kind() == reflect.Struct:
			all[jsonName(f)] = keysOf(inner)
		default:
			all[jsonName(f)] = nil
		}
	}
	return all
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

var errNoObject = errors.New("no JSON object")

// unmarshalWanted reads what the adapter wants of a payload, an order of
// magnitude faster than to decode all of its 20 KB: nothing else is looked at.
func unmarshalWanted(body []byte, p *payload) error {
	root := gjson.ParseBytes(body)
	if !root.IsObject() {
		return errNoObject
	}
	var small strings.Builder
	wantedKeys().write(&small, root)
	return json.Unmarshal([]byte(small.String()), p)
}

// write writes a value with these of its keys.
func (k keys) write(small *strings.Builder, value gjson.Result) {
	if len(k) == 0 || !value.IsObject() {
		small.WriteString(value.Raw)
		return
	}
	separator := "{"
	value.ForEach(func(key, value gjson.Result) bool {
		if below, ok := k[key.Str]; ok {
			small.WriteString(separator)
			separator = ","
			small.WriteString(key.Raw)
			small.WriteByte(':')
			below.write(small, value)
		}
		return true
	})
	if separator == "{" { // none of them is there
		small.WriteString(separator)
	}
	small.WriteByte('}')
}
