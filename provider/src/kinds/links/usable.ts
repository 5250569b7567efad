import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { pause } from "../../host/interrupt";
import { showProgress } from "../../host/operation";
import { familyOf } from "../../schema/fields";
import { type Link, type LinkAddress, parseLinks, showLink } from "../../tools/ip/links";
import { type Holder, holdersOf, isMoving, takeAddress } from "./moved-address";
import type { LinkArgs } from "./options";

/** The result of a link's change. */
export interface LinkChange {
  /** The addresses that it added. */
  readonly added: string[];
  /** The output of its last commands. */
  readonly lists: readonly unknown[];
  /** Restores what the kernel removed because of the change. A route may need an address that is usable. */
  readonly restore: () => Promise<void>;
}

/** Waits until the addresses are usable. Returns the link after its change. */
export async function waitUntilUsable(
  host: Host,
  args: LinkArgs,
  { added, lists, restore }: LinkChange,
): Promise<Link | undefined> {
  const link = await waitForDuplicateDetection(host, args, added).finally(restore);
  return link ?? linkIn(lists, args);
}

export function linkIn([links]: readonly unknown[], { name }: LinkArgs): Link | undefined {
  return links === undefined ? undefined : parseLinks(links).find(({ ifname }) => ifname === name);
}

const detectionSeconds = 4;

/**
 * Waits for duplicate address detection: until then IPv6 addresses cannot be used. Without a carrier, the kernel does not
 * check. Returns the link after the wait. `input`: the input with the addresses.
 */
export async function waitForDuplicateDetection(
  host: Host,
  args: Pick<LinkArgs, "name" | "netns">,
  added: readonly string[],
  input = "addresses",
): Promise<Link | undefined> {
  const locals = added.filter((each) => familyOf(each) === 6).map((each) => each.replace(/[ /].*/, ""));
  if (locals.length === 0) return undefined;
  const deadline = Date.now() + detectionSeconds * 1000;
  for (;;) {
    const link = await requireLink(host, args);
    const ours = link.addr_info.filter(({ local }) => locals.includes(local ?? ""));
    const duplicate = ours.find(({ dadfailed }) => dadfailed);
    if (duplicate) {
      const holders = await holdersOf(host, `${duplicate.local}`);
      if (!isMoving(link, duplicate, holders)) throw duplicateError(input, duplicate, holders);
      await takeAddress(host, args, duplicate);
      continue;
    }
    const isAsking = link.flags.includes("UP") && !link.flags.includes("NO-CARRIER");
    if (!isAsking || !ours.some(({ tentative }) => tentative) || Date.now() > deadline) return link;
    showProgress("waiting for duplicate address detection");
    await pause(200);
  }
}

function duplicateError(input: string, { local }: LinkAddress, holders: readonly Holder[]): LocalnetError {
  const who = holders.length > 0 ? holders.map(({ where }) => where).join(", ") : "another";
  return new LocalnetError("LN_VERIFY", `${input}: ${who} has ${local} already (duplicate address detection)`, {
    hint: "give it to one link only; if several need it, give it to each with an Address with noDad: true",
  });
}

export async function requireLink(host: Host, { name, netns }: Pick<LinkArgs, "name" | "netns">): Promise<Link> {
  const link = await showLink(host, netns, name);
  if (link) return link;
  throw new LocalnetError("LN_VERIFY", `link ${name} disappeared in the meantime`);
}
