//go:build !race

package gate_test

// mostHistories is how many histories are played where nothing else is asked.
const mostHistories = 2000
