//go:build !race

package model_test

// mostHistories is how many histories are played where nothing else is asked.
const mostHistories = 2000
