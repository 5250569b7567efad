import { notice } from "../../core/notice";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { at, familyOf } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { watchRoutes } from "../../tools/ip/made-routes";
import { type Attached, restoreCommands, showAttached, type Words } from "../../tools/ip/restore";
import type { ObservedLink } from "./link";
import { type LinkArgs, leastMtu6 } from "./options";

/** The kernel lets go of routes and neighbours when a link changes; whoever changed it puts them back. */
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
      notice(`link ${place} is down: this route went with that: ${text(command)}`);
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
        `link ${place} changed: this went with that, and cannot be put back: ${text(possible[index]?.[0])}: ${why.trim()}`,
      );
    }
  };
}

function text([object, _verb, ...words]: Words = []): string {
  return [object, ...words].join(" ");
}

/** The addresses that others gave the link would go, and could not come back. */
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
  const what = `mtu: below ${leastMtu6} the kernel takes away the link's IPv6 addresses, also those of others: ${others.join(", ")}`;
  throw new LocalnetError("LN_INPUT", what, { hint: `choose an mtu of at least ${leastMtu6}, or remove them first` });
}
