package gate

import "time"

// hour is a time in the life of a pull request.
func hour(n int) time.Time { return time.Date(2026, 11, 2, n, 0, 0, 0, time.UTC) }
