import { vlan as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";

contract("on a veth", (world) =>
  linkCase(world, {
    kind,
    needs: "vlan",
    inputs: { link: "low", vid: 5 },
    defaults: () => ({ mtu: 1400 }),
    details: ({ vid, protocol }) => expectedDetails([`vlan protocol ${protocol ?? "802.1Q"} id ${vid}`]),
    by: { below: ["link", "low"], type: ["vlan", "id", "5"] },
    replaces: { link: "other", vid: 6, protocol: "802.1ad" },
  }),
);

everyInput(kind);
everyDrift(kind);
