import { isDeepStrictEqual } from "node:util";
import { eventually } from "../kernel/support/world";
import { Cli } from "./cli";
import { type Snapshot, Stack } from "./engine";
import { natively } from "./providers";
import { SshHosts } from "./ssh-hosts";

const project = natively("examples/three-hosts");
let net: SshHosts;
let stack: Stack;
let before: Snapshot[];
let urls: string[];
let vni: string;
const snapshots = () => Promise.all(net.hosts.map((host) => host.snapshot()));

beforeAll(async () => {
  net = await SshHosts.open(3);
  before = await snapshots();
  urls = net.hosts.map(({ url }) => url);
  const env = { ...net.env, LOCALNET_CONNECT_TIMEOUT_SECONDS: "10", LOCALNET_TIMEOUT_SECONDS: "60" };
  stack = new Stack(project, "test", env, net.enterArgv);
  await stack.init({ hosts: urls.join(), pods: "3" });
});
afterAll(async () => {
  stack?.removeState();
  await net?.close();
});

/** A run whose third host is cut off after some lines of progress. */
async function cutOff(command: "up" | "destroy", line: number): Promise<void> {
  const cli = new Cli(stack, [command, "--yes", "--skip-preview", ...stack.target]);
  expect(await cli.reach(line)).toBe(true);
  await net.host(3).cable("down");
  await cli.ended;
  await net.host(3).cable("up");
  expect(cli.text).toContain("error: ");
}

test("a host is cut off during up: the next up continues", async () => {
  // Beyond the providers: some resources of the third host are made, and some are not.
  await cutOff("up", 16);
  await stack.up();
  expect(await stack.outputs()).toEqual({ mtu: 1450 });
  vni = /vxlan(\d+)/.exec(await net.host(1).ip("-br", "link"))?.[1] ?? "";
  await stack.unchanged();
});

/** Full-sized packets, which may not be split, from a pod of the first host to one of the third. */
const pinged = async () => {
  const ping = ["ping", "-M", "do", "-c", "1", "-W", "5", "-s", String(1450 - 28), "10.77.3.2"];
  return (await net.host(1).exec(["ip", "netns", "exec", "host1-pod1", ...ping])).code === 0;
};

test("a host is taken away and brought back: it is as it was meanwhile, and the others go on", async () => {
  expect(await pinged()).toBe(true);
  await stack.set({ hosts: urls.slice(0, 2).join() });
  await stack.up();
  expect(await net.host(3).snapshot()).toEqual(before[2]);
  await stack.unchanged();
  await stack.set({ hosts: urls.join() });
  await stack.up();
  await eventually(pinged, 60);
  await stack.unchanged();
});

test("a host is cut off during destroy: the next destroy continues, and all hosts are as they were", async () => {
  await cutOff("destroy", 6);
  await stack.destroy();
  // Its ssh server ends the processes of the cut connection when it notices that nobody answers.
  await eventually(async () => isDeepStrictEqual(await snapshots(), before), 20).catch(() => undefined);
  expect(await snapshots()).toEqual(before);
});

test("a VNI that another link has on one of the hosts is an error at preview", async () => {
  await net.host(2).ip("link", "add", "other", "type", "vxlan", "id", vni, "dstport", "4789");
  const { text } = await stack.preview(1);
  await net.host(2).ip("link", "delete", "other");
  expect(text).toContain(
    `vni: must be another: the link other of ${urls[1]} has VNI ${vni} of VXLAN at UDP port 4789 of IPv4`,
  );
});

test("an mtu between the hosts that is too small is an error at preview", async () => {
  for (const host of net.hosts) await host.ip("link", "set", "eth0", "mtu", "1300");
  expect((await stack.preview(1)).text).toContain(
    "Lan lan: underlayMtu: must be at least 1330 between the hosts, and is 1300",
  );
});
