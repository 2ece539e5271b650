package forge

import (
	"fmt"
	"net"
	"net/url"
)

// Encrypted returns an error where a token would go over the network for all to read: an API
// is reached by https, or on this machine.
func Encrypted(api *url.URL) error {
	ip := net.ParseIP(api.Hostname())
	if api.Scheme == "https" || api.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("api_url %q: a token would be readable on the way; want https", api.Redacted())
}
