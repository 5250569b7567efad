import { xfrmInterface as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";
import { vrfMemberCase } from "../support/vrf-case";

for (const below of ["low", undefined])
  contract(below ? "through a veth" : "through what the routes say", (world) =>
    linkCase(world, {
      ...{ kind, needs: "xfrm", isPort: false, lacks: ["mac"] },
      inputs: { ifId: 42, link: below },
      defaults: () => ({ arp: false, multicast: false }),
      details: ({ ifId }) => expectedDetails([`xfrm if_id 0x${Number(ifId).toString(16)}`]),
      by: { type: ["xfrm", ...(below ? ["dev", below] : []), "if_id", "42"] },
      updates: [{ what: "another number", change: { ifId: 0xffffffff } }],
      replaces: { link: "other" },
      drifts: [{ input: "ifId", by: [...(below ? ["dev", below] : []), "if_id", "7"] }],
    }),
  );

contract("in a routing domain", (world) => vrfMemberCase(world, { kind, needs: "xfrm", inputs: { ifId: 42 } }));

const lacked = { mac: "it carries packets, not frames" };
everyInput(kind, Object.keys(lacked));
everyDrift(kind, lacked);
