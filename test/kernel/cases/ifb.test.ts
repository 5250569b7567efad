import { ifb as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";

contract("beside a bridge", (world) =>
  linkCase(world, {
    ...{ kind, needs: "ifb", lacks: ["mac"] },
    inputs: {},
    defaults: () => ({ arp: false, multicast: false, txQueueLength: 32 }),
    details: () => expectedDetails(["ifb"]),
    by: { type: ["ifb"] },
    replaces: {},
  }),
);

everyInput(kind, ["mac"]);
everyDrift(kind, { mac: "the kernel draws it" });
