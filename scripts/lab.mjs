// node scripts/lab.mjs up|tour|down|shell|pulumi: the IPVS lab (examples/ipvs-lab), on this host or in a throwaway machine;
// node scripts/lab.mjs rootless [FOLDER]: a smaller one (examples/rootless-lab, or what is in that folder of the clone) as
// an ordinary user.
import { down } from "./lab/down.mjs";
import { exclusively } from "./lab/record.mjs";
import { rootlessLab } from "./lab/rootless.mjs";
import { setUp } from "./lab/setup.mjs";
import { shell } from "./lab/shell.mjs";
import { tour } from "./lab/tour.mjs";
import { up } from "./lab/up.mjs";
import { dispatch } from "./lib/run.mjs";
import { vmStatus } from "./vm/vm.mjs";

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

await dispatch(commands, command, "node scripts/lab.mjs up|tour|down|shell|rootless|pulumi [ARGUMENT...]");
