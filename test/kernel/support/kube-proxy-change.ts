import { changing, type Mode } from "../../fixtures/kube-proxy/reach";
import type { Node } from "./kube-proxy";
import { inMode } from "./kube-proxy-reach";
import type { ProxiedLab } from "./proxied-lab";
import { hostUrl } from "./world";

const web = "tcp,10.96.0.10,80";
const requests = [
  ...(["pod9", "node", "outside"] as const).map((who) => [who, web] as const),
  ...(["pod9", "outside"] as const).map((who) => [who, "tcp,172.30.0.10,30080"] as const),
];

/**
 * Clients in a pod, on the node and outside send requests all the time, and each request is answered. In mode ipvs the node's
 * requests come from the service's own address: when the link with that address is removed, one request may be lost.
 */
async function whileAnswered(lab: ProxiedLab, act: () => Promise<unknown>, isLinkGone = false): Promise<void> {
  const results = await lab.underTraffic(requests, act);
  const lost = results.flatMap(({ failed, reasons }, index) => {
    const [who = "", place] = requests[index] ?? [];
    const isCut = isLinkGone && who === "node" && failed === 1;
    return isCut ? [] : reasons.map((reason) => `${who}, ${place}: ${reason}`);
  });
  expect(lost).toEqual([]);
  for (const { answered } of results) expect(answered).toBeGreaterThan(hostUrl ? 3 : 50);
}

/** Changes the mode, from pair to pair. At the start the node is in the first mode of the first pair. */
export function changesModes(lab: ProxiedLab, node: Node, pairs: readonly (readonly [Mode, Mode])[]): void {
  test.each(pairs)("from %s to %s no connection fails", (was, mode) =>
    whileAnswered(lab, () => node.bringUp(inMode(changing(2), mode)), was === "ipvs"),
  );
}

/** All changes of a node in mode ipvs. */
export function changesIpvs(lab: ProxiedLab, node: Node): void {
  changesEndpoints(lab, node, "ipvs");
  changesModes(lab, node, [
    ["ipvs", "iptables"],
    ["iptables", "ipvs"],
    ["ipvs", "nftables"],
    ["nftables", "ipvs"],
  ]);
}

/** Endpoints are added and removed, and clients of another service stay with their endpoint. */
export function changesEndpoints(lab: ProxiedLab, node: Node, mode: Mode): void {
  test(`${mode}: endpoints come and go, and no connection fails`, async () => {
    await whileAnswered(lab, async () => {
      for (const count of [1, 2]) await node.bringUp(inMode(changing(count), mode));
    });
    expect((await lab.request("pod9", [web]))[web]).toBe("pod2<172.22.0.9 pod3<172.22.0.9");
  });

  test(`${mode}: a client stays with its endpoint when another service changes`, async () => {
    const sticky = "tcp,10.96.0.20,80";
    const clients = async () => [await lab.request("pod9", [sticky], 4), await lab.request("node", [sticky], 4)];
    const had = await clients();
    for (const count of [1, 2]) {
      await node.bringUp(inMode(changing(count), mode));
      // By chance, all would stay in one of 256 cases.
      expect(await clients()).toEqual(had);
    }
  });
}
