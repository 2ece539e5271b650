package gitee

import (
	"testing"
	"time"
)

// TestLogThatNobodyMayRead holds that it tells of nothing, and that one that is broken is an error.
func TestLogThatNobodyMayRead(t *testing.T) {
	t.Parallel()
	for status, fails := range map[int]bool{403: false, 404: false, 500: true} {
		_, f := newSite(t, Kind, func(s *site) { s.denied["GET pulls/3/operate_logs"] = status })
		pushed, err := f.Pushed(t.Context(), request, time.Time{})
		if pushed || (err != nil) != fails {
			t.Errorf("%d: %t, %v", status, pushed, err)
		}
	}
}
