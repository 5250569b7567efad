import { printLine } from "../lib/cli.mjs";
import { snapshot } from "../snapshot/snapshot.mjs";
import { vmPackages } from "../vm/vm.mjs";
import { bootId, chooseWhere, enter, isRoot } from "./place.mjs";
import { readRecord, writeRecord } from "./record.mjs";
import { labPackages, setUp } from "./setup.mjs";

/**
 * Gets all that the lab needs, and the place where it is or shall be.
 * @returns {Promise<{ stack: import("./stack.mjs").Stack, used: boolean, stage: number | undefined }>}
 */
export async function openLab() {
  // Without root it can only be the virtual machine, and whoever installs packages by hand is told of all at once.
  const unplaced = await setUp(isRoot() ? labPackages : [...labPackages, ...vmPackages]);
  await unplaced.unlock();
  const state = await unplaced.state();
  if (!state) await unplaced.create();
  const { used = false, interrupted = false, host, stage } = state ?? {};
  const place = await enter(await chooseWhere(used, host));
  const stack = unplaced.forVm(place.vm);
  if (host !== place.vm?.host) await stack.configure("localnet:host", place.vm?.host);

  const boot = await bootId(place);
  const restarted = used && (readRecord()?.boot ?? boot) !== boot;
  if (restarted) printLine("What the lab was in has been restarted, and the lab is gone with it: building it again");
  else if (used)
    printLine("The lab is there already: pulumi up --refresh looks at it first, and mends what has changed");
  if (!used || restarted) writeRecord({ where: place.where, boot, before: await snapshot(place.run) });
  if (interrupted) await stack.clearPending();
  return { stack, used, stage };
}
