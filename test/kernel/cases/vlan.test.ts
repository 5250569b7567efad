import { check, type Values } from "../../../provider/src/core/check";
import { vlan as kind } from "../../../provider/src/kinds";
import { beyond, contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { readLink } from "../support/links";

/** What `ip` prints of a map. */
const map = (word: string, pairs: unknown) =>
  pairs === undefined ? "" : ` ${word} { ${(pairs as Values[]).map(({ from, to }) => `${from}:${to}`).join(" ")} }`;

contract("on a veth", (world) => {
  const one = linkCase(world, {
    kind,
    needs: "vlan",
    inputs: { link: "low", vid: 5, ingressQosMap: [{ from: 6, to: 6 }] },
    defaults: () => ({ mtu: 1400 }),
    details: ({ vid, protocol, ingressQosMap, egressQosMap }) =>
      expect.stringMatching(
        new RegExp(
          `vlan protocol ${protocol ?? "802.1Q"} id ${vid} <REORDER_HDR>` +
            `${map("ingress-qos-map", ingressQosMap)}${map("egress-qos-map", egressQosMap)} (?!.*qos-map)`,
        ),
      ),
    by: { below: ["link", "low"], type: ["vlan", "id", "5", "ingress-qos-map", "6:6"] },
    updates: [
      {
        what: "priorities",
        change: {
          ingressQosMap: [
            { from: 0, to: 4294967295 },
            { from: 6, to: 5 },
          ],
          egressQosMap: [{ from: 1, to: 7 }],
        },
      },
      {
        what: "other priorities",
        change: {
          ingressQosMap: [{ from: 7, to: 1 }],
          egressQosMap: [
            { from: 0, to: 1 },
            { from: 17, to: 2 },
          ],
        },
      },
      { what: "priorities taken away", change: { ingressQosMap: undefined, egressQosMap: undefined } },
      { what: "priorities again", change: { ingressQosMap: [{ from: 2, to: 3 }], egressQosMap: [{ from: 3, to: 2 }] } },
    ],
    replaces: { link: "other", vid: 6, protocol: "802.1ad" },
    drifts: [
      { input: "ingressQosMap", by: ["ingress-qos-map", "5:1"] },
      { input: "egressQosMap", by: ["egress-qos-map", "3:0"] },
    ],
  });
  const [netns, name] = [String(one.inputs.netns), String(one.inputs.name)];
  const details = async () =>
    (await world.run("ip", "-n", netns, "-d", "-o", "link", "show", "dev", name))
      .split("\\")
      .slice(2)
      .map((line) => line.trim())
      .join(" ");
  return {
    ...one,
    async actual() {
      const link = await readLink(world, netns, name);
      return link && { ...link, details: (await details()).replace(/ +/g, " ") };
    },
  };
});

everyInput(kind);
everyDrift(kind);

beyond("Vlan: beyond the contract", () => {
  test.each([
    [{ ingressQosMap: [] }, "ingressQosMap: must not be empty"],
    [{ ingressQosMap: [{ from: 1, to: 0 }] }, "ingressQosMap.0.to: must not be 0, which packets have without a pair"],
    [{ ingressQosMap: [{ from: 8, to: 1 }] }, "ingressQosMap.0.from: must be 0 to 7"],
    [{ egressQosMap: [{ from: 8, to: 8 }] }, "egressQosMap.0.to: must be 1 to 7"],
    [
      {
        egressQosMap: [
          { from: 8, to: 1 },
          { from: 8, to: 2 },
        ],
      },
      "egressQosMap: must not name a priority twice",
    ],
  ])("%j is refused at preview", (values, reason) => {
    const { failures } = check(kind, { owner: "p/s/r", name: "v5", link: "eth0", vid: 5, ...values });
    expect(failures.map((each) => each.reason)).toEqual([reason]);
  });
});
