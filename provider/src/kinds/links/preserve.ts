import { notice } from "../../core/notice";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { at, familyOf } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { type Attached, restoreCommands, showAttached, type Words } from "../../tools/ip/restore";
import { watchRoutes } from "../../tools/ip/watch-routes";
import type { ObservedLink } from "./link";
import { type LinkArgs, leastMtu6 } from "./options";

/**
 * Records a link's routes and neighbours before a change that makes the kernel drop some. The returned function restores
 * them.
 */
export async function preserveRoutes(
  host: Host,
  { name, netns, up }: LinkArgs,
  { detail }: ObservedLink,
  isRouteOfKind: (route: Words) => boolean = () => false,
): Promise<() => Promise<void>> {
  const sources = detail.entries.map(({ local }) => local);
  const listAttached = async (): Promise<Attached> => {
    const { routes, neighbours } = await showAttached(host, netns, name);
    const concerned = (words: Words) =>
      words.some((word, index) => {
        const before = words[index - 1];
        return (before === "dev" && word === name) || (before === "src" && sources.includes(word));
      });
    return { routes: routes.filter((each) => concerned(each) && !isRouteOfKind(each)), neighbours };
  };
  const routesMade = watchRoutes(host, netns);
  const before = await listAttached().catch((error) => {
    routesMade();
    throw error;
  });
  return async () => {
    const made = routesMade();
    if (before.routes.length + before.neighbours.length + made.length === 0) return;
    const commands = restoreCommands(before, await listAttached());
    const isLost = ([object]: Words) => up === false && object === "route";
    const place = at(name, netns);
    for (const command of commands.filter(isLost))
      notice(`link ${place} is down, and so its route is gone: ${text(command)}`);
    const possible = [
      ...commands
        .filter((command) => !isLost(command))
        .map((command) => [command, () => ipAll(host, netns, [command])] as const),
      ...made,
    ];
    const results = await Promise.allSettled(possible.map(([, again]) => again()));
    for (const [index, result] of results.entries()) {
      if (result.status === "fulfilled" || /File exists/.test(String(result.reason))) continue;
      const { reason } = result;
      const why = reason instanceof LocalnetError ? (reason.command?.stderr ?? reason.summary) : String(reason);
      notice(
        `link ${place} changed: the kernel removed this, and it cannot be restored: ${text(possible[index]?.[0])}: ${why.trim()}`,
      );
    }
  };
}

function text([object, _verb, ...words]: Words = []): string {
  return [object, ...words].join(" ");
}

/** Throws if the kernel would remove addresses that others gave the link, because nothing restores these. */
export function requireRoomForIpv6(
  { mtu, addresses = [] }: LinkArgs,
  before: readonly string[],
  link: ObservedLink,
): void {
  if (mtu === undefined || mtu >= leastMtu6 || link.inputs.mtu < leastMtu6) return;
  const others = link.detail.staticAddresses.filter(
    (each) => familyOf(each) === 6 && !before.includes(each) && !addresses.includes(each),
  );
  if (others.length === 0) return;
  const what = `mtu: below ${leastMtu6} the kernel removes the link's IPv6 addresses, also those of others: ${others.join(", ")}`;
  throw new LocalnetError("LN_INPUT", what, { hint: `choose an mtu of at least ${leastMtu6}, or remove them first` });
}
