package gitcmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reviewgate/reviewgate/internal/pull"
)

// MergeBases returns all best common ancestors of two commits, in order of id. Both
// histories must be there as far as they differ.
func (g Git) MergeBases(ctx context.Context, a, b string) ([]string, error) {
	out, err := g.Run(ctx, "merge-base", "--all", "--end-of-options", a, b)
	if ExitedWith(err, 1) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ids := strings.Fields(string(out))
	slices.Sort(ids)
	return ids, nil
}

// Between lists the commits of head that base does not have, parents first. More than
// most are pull.ErrTooLarge.
func (g Git) Between(ctx context.Context, base, head string, most int) ([]string, error) {
	out, err := g.Run(ctx, "rev-list", "--topo-order", "--reverse", fmt.Sprintf("--max-count=%d", most+1), "--end-of-options", base+".."+head)
	if err != nil {
		return nil, err
	}
	ids := strings.Fields(string(out))
	if len(ids) > most {
		return nil, fmt.Errorf("more than %d commits lie between %s and %s: %w", most, base, head, pull.ErrTooLarge)
	}
	return ids, nil
}

// Missing returns those of some ids of which the repository does not have the object,
// in their order.
func (g Git) Missing(ctx context.Context, ids []string) (missing []string, err error) {
	answers, err := g.about(ctx, ids)
	for i, id := range ids {
		if err == nil && answers[i] == id+" missing" {
			missing = append(missing, id)
		}
	}
	return missing, err
}

// Size returns how many bytes objects have together.
func (g Git) Size(ctx context.Context, ids []string) (sum int64, err error) {
	answers, err := g.about(ctx, ids)
	if err != nil {
		return 0, err
	}
	for i, id := range ids {
		var kind string
		var n int64
		if _, err := fmt.Sscanf(answers[i], id+" %s %d", &kind, &n); err != nil {
			return 0, fmt.Errorf("git cat-file answers %q", answers[i])
		}
		sum += n
	}
	return sum, nil
}

// about asks for the kinds and sizes of objects (git-cat-file(1), "BATCH OUTPUT").
func (g Git) about(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	for _, id := range ids {
		if !pull.IsID(id) {
			return nil, fmt.Errorf("object %q: want an object id", id)
		}
	}
	out, err := g.Feed(ctx, strings.NewReader(strings.Join(ids, "\n")+"\n"), "cat-file", "--batch-check", "--buffer")
	if err != nil {
		return nil, err
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != len(ids) {
		return nil, fmt.Errorf("git cat-file answers %d of %d", len(answers), len(ids))
	}
	return answers, nil
}
