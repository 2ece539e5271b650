package github

import (
	"net/http"

	"github.com/reviewgate/reviewgate/internal/webhook"
)

// deliveryHeader names a delivery; a redelivery has the same name.
const deliveryHeader = "X-GitHub-Delivery"

// intake takes webhooks that are signed with one secret.
type intake struct {
	webhook.Signed
	forge *Forge
}

// Intake takes the forge's webhooks, signed with a secret (docs.github.com, "Validating
// webhook deliveries").
func (f *Forge) Intake(secret []byte) (webhook.Intake, error) {
	signed, err := webhook.NewSigned(secret, "X-Hub-Signature-256", "sha256=", deliveryHeader)
	return intake{signed, f}, err
}

// Decode implements webhook.Intake.
func (i intake) Decode(header http.Header, body []byte) (webhook.Event, error) {
	return i.forge.Decode(header, body)
}
