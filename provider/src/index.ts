import { podOf } from "./components/pod";
import * as kinds from "./resources";

export type { PodArgs } from "./components/pod";
export * from "./resources";

/** A network namespace behind a bridge, with addresses and default routes. Made of Netns, VethPair and Route. */
export const Pod = podOf(kinds);
export type Pod = InstanceType<typeof Pod>;
