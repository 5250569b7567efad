import type { Host } from "../../host";
import { ipAll } from "./batch";
import type { Words } from "./restore";

/** Makes a route again; fails if it exists. */
type Again = () => Promise<unknown>;

interface Watch {
  readonly host: Host;
  readonly netns: string | undefined;
  readonly routes: [command: Words, again: Again][];
}

export const watches = new Set<Watch>();

/** Records the routes that this process makes in a namespace. The returned function stops that, and returns them. */
export function watchRoutes(host: Host, netns: string | undefined): () => Watch["routes"] {
  const watch: Watch = { host, netns, routes: [] };
  watches.add(watch);
  return () => {
    watches.delete(watch);
    return watch.routes;
  };
}

/** Records a route that was just made. A list that was read before does not have it. */
export function recordRoute(host: Host, netns: string | undefined, command: Words, options: readonly string[]): void {
  const again = () => ipAll(host, netns, [command], options);
  for (const watch of watches) if (watch.host === host && watch.netns === netns) watch.routes.push([command, again]);
}
