import { podOf } from "./components/pod";
import * as kinds from "./native-resources";

export type { PodArgs } from "./components/pod";
export * from "./native-resources";

/** A network namespace behind a bridge, with addresses and default routes. Made of Netns, VethPair and Route. */
export const Pod = podOf(kinds);
export type Pod = InstanceType<typeof Pod>;
