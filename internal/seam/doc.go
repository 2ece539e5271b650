// Package seam is what the gate asks of a forge: [Forge], one struct of small interfaces,
// and the values that they speak in. It knows no forge and does nothing; adapters provide
// it, and the use case reads and writes by it.
package seam
