// node scripts/lab/cli.mjs up|tour|down|shell|pulumi: the IPVS lab (examples/ipvs-lab), on this host or in a throwaway machine;
// node scripts/lab/cli.mjs rootless [FOLDER]: a smaller one (examples/rootless-lab, or what is in that folder of the clone) as
// an ordinary user.

import { dispatch } from "../lib/run.mjs";
import { vmStatus } from "../vm/vm.mjs";
import { down } from "./down.mjs";
import { exclusively } from "./record.mjs";
import { rootlessLab } from "./rootless.mjs";
import { setUp } from "./setup.mjs";
import { shell } from "./shell.mjs";
import { tour } from "./tour.mjs";
import { up } from "./up.mjs";

const [command = "", ...args] = process.argv.slice(2);

/** @type {Record<string, () => Promise<number>>} */
const commands = {
  up: () => exclusively(up),
  tour: () => exclusively(tour),
  down: () => exclusively(down),
  shell,
  rootless: () => rootlessLab(args[0]),
  pulumi: async () => (await setUp()).forVm(vmStatus()).interactive(args),
};

await dispatch(commands, command, "node scripts/lab/cli.mjs up|tour|down|shell|rootless|pulumi [ARGUMENT...]");
