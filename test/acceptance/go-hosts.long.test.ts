import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../kernel/support/world";
import { changes, root, type Snapshot, Stack } from "./engine";
import { goEnv, goProgram, must, prepareGo } from "./go";
import { byPreview } from "./providers";
import { SshHosts } from "./ssh-hosts";

// A program in Go makes its providers as one in TypeScript does, gives them to resources or to a component of its own, and
// what is on the two hosts is one topology.

const program = `
package main

import (
	"example.com/pulumi-localnet/sdk/go/localnet"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

type site struct{ pulumi.ResourceState }

// end is a namespace with a link to the other host, whose packets go through the host's own.
func end(ctx *pulumi.Context, name, local, remote, address string, options ...pulumi.ResourceOption) (*localnet.Netns, *localnet.Vxlan, error) {
	pod, err := localnet.NewNetns(ctx, name+"-pod", &localnet.NetnsArgs{Name: pulumi.String("pod")}, options...)
	if err != nil {
		return nil, nil, err
	}
	link, err := localnet.NewVxlan(ctx, name+"-link", &localnet.VxlanArgs{
		Name:      pulumi.String("vxlan7"),
		Netns:     pod,
		CreatedIn: pulumi.String("/"),
		Vni:       pulumi.Int(7),
		Local:     pulumi.String(local),
		Remote:    pulumi.String(remote),
		Mtu:       pulumi.Int(1450),
		Addresses: pulumi.ToStringArray([]string{address + "/24"}),
	}, append(options, pulumi.DeletedWith(pod))...)
	return pod, link, err
}

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		one, err := localnet.NewProvider(ctx, "one", &localnet.ProviderArgs{Host: pulumi.String(settings.Require("one"))})
		if err != nil {
			return err
		}
		two, err := localnet.NewProvider(ctx, "two", &localnet.ProviderArgs{Host: pulumi.String(settings.Require("two"))})
		if err != nil {
			return err
		}
		pod, _, err := end(ctx, "one", "192.0.2.1", "192.0.2.2", "10.82.0.1", pulumi.Provider(one))
		if err != nil {
			return err
		}
		there := &site{}
		if err := ctx.RegisterComponentResource("test:index:Site", "two", there, pulumi.Providers(two)); err != nil {
			return err
		}
		_, link, err := end(ctx, "two", "192.0.2.2", "192.0.2.1", "10.82.0.2", pulumi.Parent(there))
		if err != nil {
			return err
		}
		seen, err := localnet.NewProbe(ctx, "ping", &localnet.ProbeArgs{
			Netns: pod,
			Ping: localnet.ProbePingArgs{Address: pulumi.String("10.82.0.2"), Size: pulumi.Int(1422), DontFragment: pulumi.Bool(true)},
			Attempts: pulumi.Int(10),
		}, pulumi.Provider(one), pulumi.DependsOn([]pulumi.Resource{link}))
		if err != nil {
			return err
		}
		ctx.Export("answered", seen.Results.Ok())
		return nil
	})
}
`;

const project = `
name: go-hosts
runtime: go
plugins:
  providers:
    - name: localnet
      path: ${join(root, "node_modules/pulumi-localnet/bin")}
`;

// What Go compiled of the SDK it finds again by its path.
const directory = join(root, ".localnet/go-hosts");
let net: SshHosts;
let stack: Stack;
let before: Snapshot[];
const snapshots = () => Promise.all(net.hosts.map((host) => host.snapshot()));

beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  for (const name of ["go.mod", "go.sum"]) cpSync(join(goProgram, name), join(directory, name));
  writeFileSync(join(directory, "main.go"), program);
  writeFileSync(join(directory, "Pulumi.yaml"), project);
  await prepareGo(directory);
  await must(["go", "build", "-o", "/dev/null", "."], directory);
  net = await SshHosts.open(2);
  before = await snapshots();
  stack = new Stack(directory, "test", { ...net.env, ...goEnv }, net.enterArgv);
  await stack.init({ one: net.host(1).url, two: net.host(2).url });
});
afterAll(async () => {
  stack?.removeState();
  await net?.close();
  rmSync(directory, { recursive: true, force: true });
});

test("each object is on the host of its provider, and full packets go from one to the other", async () => {
  const { text } = await stack.up();
  // With the stack, two providers and the component.
  expect(changes(text)).toEqual({ created: 9 });
  expect(text).not.toMatch(/warning/i);
  expect(await stack.outputs()).toEqual({ answered: 1 });
  for (const number of [1, 2])
    expect(await net.host(number).ip("-n", "pod", "-br", "address", "show", "dev", "vxlan7")).toContain(
      `10.82.0.${number}/24`,
    );
});

test("a second preview is empty, also after a refresh", async () => {
  await stack.unchanged();
  await stack.asRecorded();
});

test("what was changed on one host a plain preview shows, and up repairs", async () => {
  await net.host(2).ip("-n", "pod", "link", "set", "vxlan7", "mtu", "1300");
  await byPreview(stack, { differs: ["two-link"] });
  expect(changes((await stack.up()).text)).toEqual({ updated: 1, unchanged: 8 });
  await net.host(2).ip("netns", "del", "pod");
  await byPreview(stack, { gone: ["two-pod", "two-link"] });
  expect(changes((await stack.up()).text)).toMatchObject({ created: 2 });
  const ping = ["ping", "-M", "do", "-s", "1422", "-c", "1", "-W", "1", "10.82.0.2"];
  // The first host remembers the former link's MAC address for a while.
  await eventually(async () => (await net.host(1).exec(["ip", "netns", "exec", "pod", ...ping])).code === 0, 60);
  await stack.unchanged();
});

test("another host of a provider replaces what is on it, and nothing else", async () => {
  await stack.set({ two: net.host(1).url.replace("root@192.0.2.1", "root@192.0.2.2:22") });
  const { text } = await stack.preview();
  expect(text).toMatch(/two-pod +replace\b/);
  expect(text).not.toMatch(/one-(?:pod|link) +(?:replace|update)/);
  await stack.up();
  expect(await net.host(2).ip("netns", "list")).toMatch(/^pod\b/);
  await stack.unchanged();
});

test("destroy leaves both as they were", async () => {
  await stack.destroy();
  expect(await snapshots()).toEqual(before);
});
