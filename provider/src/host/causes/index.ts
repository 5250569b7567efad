import type { Cause } from "./cause";
import { firewallCauses } from "./firewall";
import { kernelCauses } from "./kernel";
import { linkCauses } from "./links";
import { machineCauses } from "./machine";
import { objectCauses } from "./objects";

export { missingNetns } from "./machine";

/** Causes that many commands share, recognised by what they print; the first match counts. Kinds find other causes by reading the object again. */
export const causes: readonly Cause[] = [
  ...machineCauses,
  ...linkCauses,
  ...firewallCauses,
  ...kernelCauses,
  ...objectCauses,
];
