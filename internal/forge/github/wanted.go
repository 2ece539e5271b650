package github

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// wantedKeys are the keys of a payload that are read, each with those below it;
// none where all below it is read.
var wantedKeys = sync.OnceValue(func() map[string][]string {
	keys := map[string][]string{}
	collectWanted(reflect.TypeFor[payload](), keys)
	return keys
})

func collectWanted(t reflect.Type, keys map[string][]string) {
	for f := range t.Fields() {
		if f.Anonymous {
			collectWanted(f.Type, keys)
			continue
		}
		below := map[string][]string{}
		if inner := deref(f.Type); inner.Kind() == reflect.Struct {
			collectWanted(inner, below)
		}
		name := jsonName(f)
		keys[name] = nil
		for key := range below {
			keys[name] = append(keys[name], key)
		}
	}
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
	keys := wantedKeys()
	var small strings.Builder
	add := func(name string) {
		if small.Len() > 1 {
			small.WriteByte(',')
		}
		small.WriteString(name)
		small.WriteByte(':')
	}
	small.WriteByte('{')
	root.ForEach(func(key, value gjson.Result) bool {
		below, ok := keys[key.Str]
		if !ok {
			return true
		}
		add(key.Raw)
		if len(below) == 0 || !value.IsObject() {
			small.WriteString(value.Raw)
			return true
		}
		writeWanted(&small, value, below)
		return true
	})
	small.WriteByte('}')
	return json.Unmarshal([]byte(small.String()), p)
}

// writeWanted writes an object with some of its keys.
func writeWanted(small *strings.Builder, object gjson.Result, keys []string) {
	small.WriteByte('{')
	first := true
	object.ForEach(func(key, value gjson.Result) bool {
		for _, k := range keys {
			if k != key.Str {
				continue
			}
			if !first {
				small.WriteByte(',')
			}
			first = false
			small.WriteString(key.Raw)
			small.WriteByte(':')
			small.WriteString(value.Raw)
			break
		}
		return true
	})
	small.WriteByte('}')
}
