import { targetOf } from "../../provider/src/cli/commands/capture";
import { findObject, findPlace } from "../../provider/src/cli/find";
import type { LabObject } from "../../provider/src/cli/topology/object";
import { foregroundCommand } from "../../provider/src/host/foreground";

const object = (
  type: string,
  name: string,
  outputs: Record<string, unknown>,
  netns?: string,
  host?: string,
): LabObject => ({
  ...{ type, name, id: netns === undefined ? name : `${name}@${netns}`, netns, host, inputs: {}, outputs },
});
const lab = [
  object("Netns", "router", { name: "r1" }),
  object("Pod", "web", { name: "web", bridge: "br0", macAddress: "02::" }, "r1"),
  object("VethPair", "cable", { name: "v0", ifindex: 1, peer: { name: "eth0", netns: "pod" } }, "r1"),
  object("Dummy", "d0", { name: "d0", ifindex: 2 }, "a", "ssh://lab1"),
  object("Dummy", "d0", { name: "d0", ifindex: 2 }, "a", "ssh://lab2"),
  object("Probe", "look", {}, "r1"),
];

test.each([
  ["a namespace by its resource", "router", { netns: "r1" }],
  ["a namespace by its own name", "r1", { netns: "r1" }],
  ["a pod, which is one", "web", { netns: "web" }],
  ["where a resource is", "look", { netns: "r1" }],
  ["where a resource is, by its type", "VethPair::cable", { netns: "r1" }],
])("a place is %s", (_what, word, place) => {
  expect(findPlace(lab, word)).toEqual({ host: undefined, ...place });
});

test("a name that does not exist is refused, with the nearest names", () => {
  expect(() => findPlace(lab, "rooter")).toThrow('there is no "rooter"');
  expect(() => findObject(lab, "cabel")).toThrow(expect.objectContaining({ hint: "did you mean cable?" }));
});

test("an ambiguous name is refused, with what to type", () => {
  expect(() => findObject(lab, "d0")).toThrow('"d0" may be Dummy::d0 (d0@a) or Dummy::d0 (d0@a)');
});

test.each([
  ["a pair's near end", "cable", false, { netns: "r1", link: "v0" }],
  ["a pair's far end", "cable", true, { netns: "pod", link: "eth0" }],
  ["all links of a namespace", "router", false, { netns: "r1", link: "any" }],
])("the packets of %s are captured", (_what, word, far, target) => {
  expect(targetOf(lab, word, far)).toEqual({ host: undefined, ...target });
});

test("a resource that is no link has no packets to capture", () => {
  expect(() => targetOf(lab, "look")).toThrow("Probe look is no link");
});

test("a command runs in its namespace, through sudo and over ssh, with its words unchanged", () => {
  const words = ["sh", "-c", "echo $HOME; rm 'a b'"];
  const remote = { host: "ssh://u@lab", netns: "pod", sudo: true };
  expect(foregroundCommand({ netns: "pod", sudo: false }, words)).toEqual(["ip", "netns", "exec", "pod", ...words]);
  const ssh = foregroundCommand(remote, words, "terminal");
  expect(ssh.slice(-4)).toEqual([
    ...["-t", "ssh://u@lab", "--"],
    "sudo -n -- ip netns exec pod sh -c echo\\ \\$HOME\\;\\ rm\\ \\'a\\ b\\'",
  ]);
});
