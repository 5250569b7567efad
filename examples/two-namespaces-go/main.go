// Two network namespaces, a veth pair between them, and a ping through it: ../two-namespaces/index.ts in Go.
package main

import (
	"example.com/pulumi-localnet/sdk/go/localnet"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() { pulumi.Run(program) }

func program(ctx *pulumi.Context) error {
	var mtu pulumi.IntPtrInput
	triggers := pulumi.Array{}
	if size, err := config.New(ctx, "").TryInt("mtu"); err == nil {
		mtu = pulumi.Int(size)
		triggers = append(triggers, pulumi.Int(size))
	}

	left, err := localnet.NewNetns(ctx, "left", nil)
	if err != nil {
		return err
	}
	right, err := localnet.NewNetns(ctx, "right", nil)
	if err != nil {
		return err
	}

	// Objects in a namespace are removed with it. TypeScript's classes set this by themselves.
	cable, err := localnet.NewVethPair(ctx, "eth-left", &localnet.VethPairArgs{
		Netns:     left,
		Addresses: pulumi.ToStringArray([]string{"10.90.0.1/24", "fd00:90::1/64"}),
		Mtu:       mtu,
		Peer: localnet.VethPairPeerArgs{
			Name:      pulumi.String("eth-right"),
			Netns:     right,
			Addresses: pulumi.ToStringArray([]string{"10.90.0.2/24", "fd00:90::2/64"}),
			Mtu:       mtu,
		},
	}, pulumi.DeletedWith(left))
	if err != nil {
		return err
	}

	var answered pulumi.Array
	for _, probe := range []struct{ name, address string }{{"ping", "10.90.0.2"}, {"ping6", "fd00:90::2"}} {
		seen, err := localnet.NewProbe(ctx, probe.name, &localnet.ProbeArgs{
			Netns:    left,
			Ping:     localnet.ProbePingArgs{Address: pulumi.String(probe.address)},
			Triggers: triggers,
		}, pulumi.DependsOn([]pulumi.Resource{cable}))
		if err != nil {
			return err
		}
		answered = append(answered, seen.Results.Ok())
	}
	ctx.Export("answered", answered)
	return nil
}
