import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The clone's top folder. */
export const root = resolve(import.meta.dirname, "../..");

/** What any clone of any version may share, each folder's name carrying the version of what is in it. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-localnet");

/** What belongs to this clone alone: running machines, snapshots. Not in git. */
export const runDirectory = join(root, ".localnet");

/** The state of Pulumi's local stacks. Not in git. */
export const stateDirectory = join(root, ".pulumi-state");
