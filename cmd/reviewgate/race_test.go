//go:build race

package main

// raceDetector tells that the tests run several times slower.
const raceDetector = true
