import { ipvlan as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";
import { vrfMemberCase } from "../support/vrf-case";

contract("on a veth", (world) =>
  linkCase(world, {
    ...{ kind, needs: "ipvlan", isPort: false, lacks: ["mac", "arp"] },
    inputs: { link: "low", mode: "l2" },
    // The kernel applies the mode when the link comes up.
    defaults: ({ mode = "l3" }) => ({ mtu: 1400, arp: mode === "l2" }),
    details: ({ mode = "l3", flag = "bridge" }) => expectedDetails([`mode ${mode} ${flag}`]),
    by: { below: ["link", "low"], type: ["ipvlan", "mode", "l2"] },
    updates: [
      { what: "packets, none to each other", change: { mode: "l3", flag: "private" } },
      { what: "flag taken away", change: { flag: undefined } },
      { what: "through iptables", change: { mode: "l3s", flag: "vepa" } },
      { what: "all taken away", change: { mode: undefined, flag: undefined } },
      { what: "frames again", change: { mode: "l2", flag: "private" } },
    ],
    replaces: { link: "other" },
    drifts: [
      { input: "mode", by: ["mode", "l3"] },
      { input: "flag", by: ["bridge"] },
    ],
  }),
);

contract("in a routing domain", (world) => vrfMemberCase(world, { kind, needs: "ipvlan", inputs: { link: "low" } }));

const lacked = { mac: "it is that of the link below", arp: "the mode says it" };
everyInput(kind, Object.keys(lacked));
everyDrift(kind, lacked);
