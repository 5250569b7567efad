import type { Host } from "../../host";
import { ipAll } from "./batch";
import type { Words } from "./restore";

/** Makes a route again; one that is there is an error. */
type Again = () => Promise<unknown>;

interface Watch {
  readonly host: Host;
  readonly netns: string | undefined;
  readonly routes: [command: Words, again: Again][];
}

export const watches = new Set<Watch>();

/** Notes the routes that this process makes in a namespace from now on; what it returns ends that, and gives them. */
export function watchRoutes(host: Host, netns: string | undefined): () => Watch["routes"] {
  const watch: Watch = { host, netns, routes: [] };
  watches.add(watch);
  return () => {
    watches.delete(watch);
    return watch.routes;
  };
}

/** A route was made: a look that was taken before does not know it. */
export function noteRoute(host: Host, netns: string | undefined, command: Words, options: readonly string[]): void {
  const again = () => ipAll(host, netns, [command], options);
  for (const watch of watches) if (watch.host === host && watch.netns === netns) watch.routes.push([command, again]);
}
