// Package formats is the table of ownership formats, in order of preference.
package formats
