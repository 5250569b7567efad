package main

import (
	"context"
	"os/exec"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// A network as the fixture of a test: the Automation API brings the program up, and destroys it however the test ends.
// It needs root, or the namespaces of docs/without-root.md, and pulumi on PATH.
func TestPing(t *testing.T) {
	ctx := context.Background()
	env := auto.EnvVars(map[string]string{
		"PULUMI_BACKEND_URL":       "file://" + t.TempDir(),
		"PULUMI_CONFIG_PASSPHRASE": "",
	})
	// Pulumi.yaml in this folder has the path of the plugin.
	stack, err := auto.UpsertStackInlineSource(ctx, "test", "two-namespaces-go", program, auto.WorkDir("."), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := stack.Destroy(ctx); err != nil {
			t.Error(err)
		}
	})
	if _, err := stack.Up(ctx); err != nil {
		t.Fatal(err)
	}

	if err := inLeft("ping", "-c", "1", "10.90.0.2"); err != nil {
		t.Error("right does not answer:", err)
	}
	if err := inLeft("ip", "link", "set", "eth-left", "down"); err != nil {
		t.Fatal(err)
	}
	if inLeft("ping", "-c", "1", "-W", "1", "10.90.0.2") == nil {
		t.Error("right answers over a cable that is cut")
	}
	if _, err := stack.Up(ctx); err != nil {
		t.Fatal(err)
	}
	if err := inLeft("ping", "-c", "1", "10.90.0.2"); err != nil {
		t.Error("right does not answer once up has mended the cable:", err)
	}
}

func inLeft(argv ...string) error {
	return exec.Command("ip", append([]string{"netns", "exec", "left"}, argv...)...).Run()
}
