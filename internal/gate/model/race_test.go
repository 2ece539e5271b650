//go:build race

package model_test

// mostHistories is how many histories are played where nothing else is asked: few
// where the race detector makes each several times slower.
const mostHistories = 100
