import { vrf as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";

contract("with a table", (world) =>
  linkCase(world, {
    ...{ kind, needs: "vrf", isPort: false },
    inputs: { table: 10 },
    defaults: () => ({ mtu: 65575, arp: false, multicast: false }),
    details: ({ table }) => expectedDetails([`vrf table ${table}`]),
    by: { type: ["vrf", "table", "10"] },
    replaces: { table: 11 },
  }),
);

everyInput(kind);
everyDrift(kind);
