import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The clone's top folder. */
export const root = resolve(import.meta.dirname, "../..");

/** The cache, which all clones share. The names of its folders contain versions. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-localnet");

/** Files of this clone only: running machines, snapshots. Not in git. */
export const runDirectory = join(root, ".localnet");

/** The state of Pulumi's local stacks. Not in git. */
export const stateDirectory = join(root, ".pulumi-state");
