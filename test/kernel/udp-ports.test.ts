import { unknown, type Values } from "../../provider/src/core/check";
import { checkOnHost } from "../../provider/src/core/check-on-host";
import { requestedHoldings } from "../../provider/src/core/holdings";
import { create } from "../../provider/src/core/lifecycle";
import { kinds } from "../../provider/src/kinds";
import { lack } from "./support/features";
import { eventually, hostUrl, settings, World } from "./support/world";

// A UDP port or a VNI that somebody else has is told at preview, and so are two resources of a program that ask for one.

const world = new World();
const [netns, inner] = [world.netns("a"), world.netns("b")];
/** UDP port 4790. */
const holdsPort = "use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, sockaddr_in(4790, INADDR_ANY)); sleep";

beforeAll(async () => {
  await world.build();
  await world.script(netns, "ip link add vx0 up type vxlan id 5 dstport 4789");
  await world.script(netns, "ip link add vx6 up type vxlan id 6 dstport 4789 local ::1");
  await world.script(netns, "ip link add down0 type vxlan id 8 dstport 4792");
  await world.script(netns, `(exec timeout 600 perl -e '${holdsPort}') > /dev/null 2>&1 < /dev/null & exit 0`);
  await eventually(async () => (await world.runIn(netns, "ss", "-Hlun")).includes(":4790 "), 30);
});
beforeEach(() => requestedHoldings.clear());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

async function preview(type: string, values: Values, name = "one"): Promise<Values & { failures: unknown[] }> {
  const owner = `${world.owner}/${name}`;
  const common = { ...(type !== "Fou" && { name }), netns, owner, ...(hostUrl && { host: hostUrl }) };
  const { inputs, failures } = await checkOnHost(kinds[type] as never, { ...common, ...values }, settings);
  return { inputs, failures: failures.map(({ reason }) => reason) };
}

const taken = (property: string, who: string, what: string) => [`${property}: must be another: ${who} has ${what}`];
const there = `in the namespace ${netns}`;

test.each<[string, Values, unknown[]]>([
  ["a VNI", { vni: 5 }, taken("vni", `the link vx0 ${there}`, "VNI 5 of VXLAN at UDP port 4789 of IPv4")],
  [
    "a VNI of IPv6",
    { vni: 6, local: "fd00::1" },
    taken("vni", `the link vx6 ${there}`, "VNI 6 of VXLAN at UDP port 4789 of IPv6"),
  ],
  [
    "a VNI of a link that is down",
    { vni: 8, destinationPort: 4792 },
    taken("vni", `the link down0 ${there}`, "VNI 8 of VXLAN at UDP port 4792 of IPv4"),
  ],
  [
    "a port",
    { vni: 7, destinationPort: 4790 },
    [expect.stringMatching(`^destinationPort: must be another: process [1-9]\\d* ${there} has UDP port 4790 of IPv4$`)],
  ],
  [
    "a port of a VXLAN that it cannot be together with",
    { external: true },
    taken("destinationPort", `the link vx0 ${there}`, "UDP port 4789 of IPv4"),
  ],
])("%s that is taken is told, as the kernel would refuse it", async (_, values, failures) => {
  const { inputs, failures: reported } = await preview("Vxlan", values);
  expect(reported).toEqual(failures);
  // The same without a preview.
  await expect(create(kinds.Vxlan as never, inputs as Values, settings)).rejects.toThrow("LN_EXISTS");
  await world.try("ip", "-n", netns, "link", "delete", "one");
});

test.each<[string, Values]>([
  ["another VNI at the same port", { vni: 7 }],
  ["the same VNI at another port", { vni: 5, destinationPort: 4791 }],
  ["the same VNI over IPv6", { vni: 5, local: "fd00::1" }],
  ["a port of a link that is down", { external: true, destinationPort: 4792, up: false }],
  ["a taken port for a link that stays down", { vni: 7, destinationPort: 4790, up: false }],
  ["the same from another namespace", { vni: 5, netns: inner }],
])("%s is free", async (_, values) => {
  const { inputs, failures } = await preview("Vxlan", values);
  expect(failures).toEqual([]);
  await create(kinds.Vxlan as never, inputs as Values, settings);
  expect((await preview("Vxlan", values)).failures).toEqual([]);
  await world.run("ip", "-n", String(values.netns ?? netns), "link", "delete", "one");
});

test("a link that is moved has its port where it is made", async () => {
  const moved = { vni: 5, netns: inner, createdIn: netns };
  expect((await preview("Vxlan", moved)).failures).toEqual(
    taken("vni", `the link vx0 ${there}`, "VNI 5 of VXLAN at UDP port 4789 of IPv4"),
  );
});

test("what another resource of the stack has may be about to go, what one of another stack has is not", async () => {
  await world.run("ip", "-n", netns, "link", "set", "vx0", "alias", `localnet:${world.owner}/former`);
  expect((await preview("Vxlan", { vni: 5 })).failures).toEqual([]);
  await world.run("ip", "-n", netns, "link", "set", "vx0", "alias", "localnet:lnt/other/former");
  expect((await preview("Vxlan", { vni: 5 })).failures).toHaveLength(1);
});

test("of two resources that ask for the same the second is told, and so is the first one's port", async () => {
  expect((await preview("Vxlan", { vni: 9 })).failures).toEqual([]);
  expect((await preview("Vxlan", { vni: 9, name: "two" }, "two")).failures).toEqual([
    `vni: must be another: another resource of the program, ${world.owner}/one, asks for VNI 9 of VXLAN at UDP port 4789 of IPv4`,
  ]);
  expect((await preview("Vxlan", { vni: 10, name: "three" }, "three")).failures).toEqual([]);
  const wireguard = { privateKey: Buffer.alloc(32, 8).toString("base64"), listenPort: 4789, name: "wg" };
  expect((await preview("Wireguard", wireguard, "wg")).failures).toEqual([
    expect.stringMatching(/^listenPort: must be another: another resource .* asks for UDP port 4789 of IPv4$/),
  ]);
  expect((await preview("Fou", { port: 4789, type: "gue" }, "fou")).failures).toEqual([
    expect.stringMatching(/^port: must be another: another resource .* asks for UDP port 4789 of IPv4$/),
  ]);
  expect((await preview("Fou", { port: 4790, type: "gue" }, "fou")).failures).toEqual([
    expect.stringMatching(/^port: must be another: process \d+ .* has UDP port 4790 of IPv4$/),
  ]);
  expect((await preview("Fou", { port: 4791, type: "gue" }, "fou")).failures).toEqual([]);
  // Also where the key is made in the same run, and not where the port is.
  const later = { ...wireguard, privateKey: unknown };
  expect((await preview("Wireguard", later, "wg")).failures).toHaveLength(1);
  expect((await preview("Wireguard", { ...wireguard, listenPort: unknown }, "wg")).failures).toEqual([]);
  expect((await preview("Wireguard", { ...wireguard, netns: inner }, "wg")).failures).toEqual([]);
});

(lack("wireguard") ? test.skip : test)("a port of WireGuard that is taken is told", async () => {
  await world.script(netns, "ip link add wg0 type wireguard; wg set wg0 listen-port 51820; ip link set wg0 up");
  const wireguard = { privateKey: Buffer.alloc(32, 8).toString("base64"), listenPort: 51820 };
  const failures = taken("listenPort", `the link wg0 ${there}`, "UDP port 51820 of IPv4");
  expect((await preview("Wireguard", wireguard)).failures).toEqual(failures);
  await world.script(netns, "ip link set wg0 down");
  expect((await preview("Wireguard", wireguard)).failures).toEqual([]);
});
