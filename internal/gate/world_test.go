package gate

import "github.com/reviewgate/reviewgate/internal/pull"

var linux = pull.Repo{Forge: "github", Owner: "acme", Name: "linux"}
