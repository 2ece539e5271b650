package forge

import (
	"net/url"
	"testing"
)

// TestEncrypted lets plain http go to this machine only.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://forge.example/api/": true, "http://127.0.0.1:3000/": true, "http://[::1]:3000/": true, "http://localhost/": true,
		"http://forge.example/": false, "http://127.0.0.1.forge.example/": false, "http://10.0.0.1/": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := Encrypted(u); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
