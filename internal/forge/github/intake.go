package github

import "github.com/reviewgate/reviewgate/internal/webhook"

// deliveryHeader names a delivery; a redelivery has the same name.
const deliveryHeader = "X-GitHub-Delivery"

// intake takes webhooks that are signed with one secret, and has the forge decode them.
type intake struct {
	webhook.Signed
	*Forge
}

// Intake takes the forge's webhooks, signed with a secret (docs.github.com, "Validating
// webhook deliveries").
func (f *Forge) Intake(secret []byte) (webhook.Intake, error) {
	signed, err := webhook.NewSigned(secret, "X-Hub-Signature-256", "sha256=", deliveryHeader)
	return intake{signed, f}, err
}
