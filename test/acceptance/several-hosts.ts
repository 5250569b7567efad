import { eventually } from "../kernel/support/world";
import { Cli } from "./cli";
import { Stack } from "./engine";
import type { Row } from "./providers";
import { SshHosts } from "./ssh-hosts";

export const fixture = "test/fixtures/several-hosts";
const netns = async (host: { ip(...args: string[]): Promise<string> }) =>
  (await host.ip("netns", "list")).match(/\S+-pod\d+/g)?.sort() ?? [];

/** A program with several hosts: hosts that still boot, hosts that refuse, and hosts that are gone for good. */
export function severalHosts([provider, project]: Row): void {
  let net: SshHosts;
  let stack: Stack;
  beforeAll(async () => {
    net = await SshHosts.open(2, { booted: false });
    stack = new Stack(project, "test", net.env, net.enterArgv);
    await net.host(1).boot();
    await stack.init({ hosts: net.hosts.map(({ url }) => url).join(), connectTimeoutSeconds: "60" });
  });
  afterAll(async () => {
    stack?.removeState();
    await net?.close();
  });

  test("up waits for a host that boots, and says so beside its resource", async () => {
    const up = new Cli(stack, ["up", "--yes", "--skip-preview", ...stack.target]);
    // Only the plugin can show it.
    const begun =
      provider === "native plugin" ? /h2-pod1 .* waiting for ssh:\S+2 for up to 60 s: .*refused/ : /h2-pod1 creating/;
    await eventually(async () => begun.test(up.text), 60);
    await net.host(2).boot();
    await up.ended;
    expect(up.text).toContain("+ 5 created");
    expect(await netns(net.host(1))).toEqual(["h1-pod1"]);
    expect(await netns(net.host(2))).toEqual(["h2-pod1"]);
    await stack.unchanged();
  });

  test("a host that refuses is an error at once, and the next up continues with the former one", async () => {
    const hosts = net.hosts.map(({ url }) => url).join();
    await stack.set({ hosts: hosts.replace("root@192.0.2.2", "nobody@192.0.2.2") });
    const { text } = await stack.up(1);
    expect(text).toContain("Permission denied (publickey)");
    expect(text).not.toContain("for up to");
    await stack.set({ hosts });
    await stack.up();
    expect(await netns(net.host(2))).toEqual(["h2-pod1"]);
    await stack.unchanged();
  });

  test("a host that is gone for good is removed from the state as the documentation says, and the others are destroyed", async () => {
    await net.host(2).close();
    await stack.set({ connectTimeoutSeconds: "2" });
    const destroy = ["destroy", "--yes", "--skip-preview", ...stack.target];
    expect((await stack.pulumi(destroy, 1)).text).toContain("cannot run a command on ssh://root@192.0.2.2");
    const { stdout } = await stack.pulumi(["stack", "--show-urns", "--stack", stack.name]);
    const [gone = ""] = /urn:pulumi:\S+::pulumi:providers:[^:]+::host2$/m.exec(stdout) ?? [];
    await stack.pulumi(["state", "delete", gone, "--target-dependents", "--yes", "--stack", stack.name]);
    await stack.set({ hosts: net.host(1).url });
    await stack.up();
    await stack.destroy();
    expect(await netns(net.host(1))).toEqual([]);
  });
}
