package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The values of answers, which come as strings here and as numbers there, from endpoint to
// endpoint. What is neither is an error.

// Text is a string, a number or a truth; null is empty.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null":
		*t = ""
	case data[0] == '"':
		return json.Unmarshal(data, (*string)(t))
	case data[0] == '{' || data[0] == '[':
		return fmt.Errorf("want a text, and not %.20s", data)
	default:
		*t = Text(data)
	}
	return nil
}

// Number is a whole number; null is 0, and so is an empty string.
type Number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(data []byte) error {
	var t Text
	if err := t.UnmarshalJSON(data); err != nil {
		return err
	}
	if t == "" {
		*n = 0
		return nil
	}
	v, err := strconv.ParseInt(strings.TrimSpace(string(t)), 10, 64)
	if err != nil {
		return fmt.Errorf("want a whole number, and not %.40q", t)
	}
	*n = Number(v)
	return nil
}

// Flag is a truth: true or false, 1 or 0, and either as a string; null is false.
type Flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *Flag) UnmarshalJSON(data []byte) error {
	var t Text
	if err := t.UnmarshalJSON(data); err != nil {
		return err
	}
	switch t {
	case "true", "1":
		*b = true
	case "false", "0", "":
		*b = false
	default:
		return fmt.Errorf("want true or false, and not %.20q", t)
	}
	return nil
}

// Moment is a time with its zone; null and the empty string are none.
type Moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *Moment) UnmarshalJSON(data []byte) error {
	var t Text
	if err := t.UnmarshalJSON(data); err != nil {
		return err
	}
	m.Time = time.Time{}
	if t == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, string(t))
	if err != nil {
		return fmt.Errorf("want a time with its zone, and not %.40q", t)
	}
	m.Time = at.UTC()
	return nil
}

// Many is a list, or one thing alone without brackets; null is none.
type Many[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *Many[T]) UnmarshalJSON(data []byte) error {
	if data = bytes.TrimSpace(data); data[0] != '{' {
		return json.Unmarshal(data, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*l = []T{one}
	return nil
}
