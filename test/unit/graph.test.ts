import { readFileSync } from "node:fs";
import { join } from "node:path";
import { graphOf } from "../../provider/src/cli/topology/graph";
import { html } from "../../provider/src/cli/topology/html";
import { layOut } from "../../provider/src/cli/topology/layout";
import type { LabObject } from "../../provider/src/cli/topology/object";
import { svg } from "../../provider/src/cli/topology/svg";
import { dot, mermaid } from "../../provider/src/cli/topology/text";
import { readDeployment } from "../../provider/src/pulumi/recorded";

const lab = readDeployment(readFileSync(join(__dirname, "../fixtures/states/rootless-lab.json"), "utf8"));
const object = (type: string, name: string, outputs: Record<string, unknown>, netns?: string): LabObject => ({
  ...{
    type,
    name,
    id: netns === undefined ? name : `${name}@${netns}`,
    netns,
    inputs: {},
    outputs: { name, ...outputs },
  },
});
const bridge = object("Bridge", "br0", { ifindex: 1, addresses: ["10.0.255.254/16"] });
const pods = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    object("Pod", `p${index}`, { bridge: "br0", link: `v${index}`, addresses: [`10.0.0.${index}/16`], macAddress: "" }),
  );

test("the namespaces of a lab are boxes, and lines lead from the pods through ports to the bridge", () => {
  const { boxes, edges } = graphOf(lab);
  expect(boxes.map(({ label }) => label).sort()).toEqual(["bar", "baz", "foo", "node"]);
  const nodes = boxes.flatMap((box) =>
    box.nodes.map((node) => [node.id, `${box.label} ${node.lines.join(" ")}`] as const),
  );
  const names = new Map(nodes);
  const lines = edges.map(({ from, to, kind }) => `${names.get(from)} ${kind} ${names.get(to)}`);
  expect(lines.sort()).toEqual(
    ["bar", "baz", "foo"]
      .flatMap((pod, index) => [
        `${pod} eth0 10.95.0.${[3, 4, 2][index]}/24 cable node veth-${pod}`,
        `node veth-${pod} port node cni0 10.95.0.1/24`,
      ])
      .sort(),
  );
});

test("300 pods that are alike are one box with their number, and all their resources are in it", () => {
  const { boxes, edges } = graphOf([bridge, ...pods(300)]);
  expect(boxes.map(({ label, nodes }) => [label, nodes.map(({ lines }) => lines)])).toEqual([
    ["300 namespaces: p0 to p299", [["eth0", "10.0.0.0/16 to 10.0.0.299/16"]]],
    ["(host)", [["br0", "10.0.255.254/16"], ["v0 to v299"]]],
  ]);
  expect(boxes[0]?.nodes[0]?.objects).toHaveLength(300);
  expect(edges).toHaveLength(2);
});

test("a few pods are drawn one by one, in the order of their numbers", () => {
  const labels = graphOf([bridge, ...pods(11).reverse()]).boxes.map(({ label }) => label);
  expect(labels.filter((label) => label !== "(host)")).toEqual(Array.from({ length: 11 }, (_, index) => `p${index}`));
});

test("several hosts are frames with their namespaces, and a VXLAN leads from one to the other", () => {
  const vxlan = object("Vxlan", "vxlan7", { ifindex: 2, vni: 7, master: "br0", addresses: [] });
  const lab = ["ssh://a", "ssh://b"].flatMap((host) => [bridge, vxlan].map((each) => ({ ...each, host })));
  const drawn = graphOf(lab);
  expect(drawn.frames).toEqual([
    { id: "h0", label: "ssh://a" },
    { id: "h1", label: "ssh://b" },
  ]);
  expect(drawn.boxes.map(({ label, frame }) => [label, frame])).toEqual([
    ["(host)", "h0"],
    ["(host)", "h1"],
  ]);
  expect(mermaid(drawn)).toMatch(/ {2}subgraph h0\["ssh:\/\/a"\]\n {4}subgraph b0\["\(host\)"\]\n/);
  expect(mermaid(drawn)).toMatch(/n\d+ === n\d+/);
  expect(dot(drawn)).toMatch(/subgraph cluster_h1 \{\n {4}label="ssh:\/\/b";\n {4} *subgraph cluster_b1/);
});

test("arrows lead from a service to the links with its backends' addresses, and a rule that drops says what", () => {
  const service = { ...object("IpvsService", "tcp/10.9.0.1:80", {}) };
  const backend = object("IpvsBackend", "b", { service: service.id, address: "10.0.0.1", port: 8080 });
  const rule = object("IptablesRule", "no", {
    target: "DROP",
    chain: "FORWARD",
    protocol: "tcp",
    destinationPorts: "22",
  });
  const text = mermaid(graphOf([bridge, ...pods(2), service, backend, rule]));
  const [, from] = /(n\d+)\(\["tcp\/10\.9\.0\.1:80"\]\)/.exec(text) ?? [];
  const [, to] = /(n\d+)\["eth0<br>10\.0\.0\.1\/16"\]/.exec(text) ?? [];
  expect(text).toContain(`${from} --> ${to}`);
  expect(text).toContain('{{"FORWARD: DROP<br>tcp port 22"}}');
});

test("names that others chose are quoted in all formats", async () => {
  const name = `"]--x</script><script>alert(1)</script>`;
  const drawn = graphOf([object("Process", name, {}), bridge]);
  expect(mermaid(drawn)).not.toContain(name);
  expect(dot(drawn)).toContain('label="\\"]--x');
  const picture = svg(await layOut(drawn));
  expect(picture).not.toMatch(/<script/);
  expect(html(drawn, picture, name).match(/<script/g)).toHaveLength(2);
});

test("a picture has each object once, inside the box of its namespace", async () => {
  const laid = await layOut(graphOf(lab));
  for (const { box, ...frame } of laid.boxes)
    for (const node of laid.nodes.filter(({ node }) => box.nodes.includes(node))) {
      expect(node.x).toBeGreaterThan(frame.x);
      expect(node.y).toBeGreaterThan(frame.y);
      expect(node.x + node.width).toBeLessThan(frame.x + frame.width);
      expect(node.y + node.height).toBeLessThan(frame.y + frame.height);
    }
  const picture = svg(laid);
  expect(picture.match(/class="node /g)).toHaveLength(10);
  expect(picture.match(/class="edge /g)).toHaveLength(6);
});
