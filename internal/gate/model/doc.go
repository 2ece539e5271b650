// Package model has tests alone: a second model of the rule, written from its text
// (package policy), against which the gate is held over random histories on a forge in
// memory. It is apart from package gate, whose own tests take a moment.
package model
