import { z } from "zod";
import type { Host } from "../../host";
import { netnsName } from "../../schema/fields";
import { netnsWithId } from "../../tools/ip/link-peers";
import { type Link, showLinks } from "../../tools/ip/links";

/** The value of `createdIn` for the host's own namespace. No namespace can have this name. */
export const hostNamespace = "/";

/** The name of a namespace, or the host's own. */
export const namespaceOrHost = z.union([netnsName, z.literal(hostNamespace)], {
  error: `must be the name of a network namespace, or "${hostNamespace}" for the host's own`,
});

/** The option of kinds whose links send their packets through the namespace that they were made in, even after a move. */
export const createdInOption = {
  input: namespaceOrHost.optional().meta({ replace: true, reference: "name", of: "netns" }),
  isBirthplace: true,
  read: (_data: unknown, { createdIn }: Link) => createdIn,
} as const;

interface Places {
  readonly netns?: string | undefined;
  readonly createdIn?: string | undefined;
}

export function* createdInRules({ netns, createdIn }: Places): Generator<readonly [string, string]> {
  if (createdIn === undefined) return;
  if (netns === undefined) yield ["createdIn", "needs netns: the namespace that the link is moved into"];
  else if (createdIn === netns) yield ["createdIn", "must be another namespace than netns"];
}

/** The namespace that a link is made in. */
export function birthplaceOf({ netns, createdIn = netns }: Places): string | undefined {
  return createdIn === hostNamespace ? undefined : createdIn;
}

/** A link with the namespace that it was made in, if that is another one. Its lower link is there. */
export async function withBirthplace(host: Host, netns: string | undefined, link: Link): Promise<Link> {
  const { link_netnsid: id, linkinfo } = link;
  if (id === undefined) return link;
  const birthplace = await netnsWithId(host, netns, id);
  const shown = linkinfo?.info_data?.link;
  const createdIn = birthplace ?? hostNamespace;
  if (typeof shown !== "string") return { ...link, createdIn };
  // ip resolves the number of the lower link in the wrong namespace, the one that it lists.
  const same = (await showLinks(host, netns)).find(({ ifname }) => ifname === shown);
  const index = same?.ifindex ?? Number(/^if(\d+)$/.exec(shown)?.[1]);
  const below = (await showLinks(host, birthplace)).find(({ ifindex }) => ifindex === index);
  return { ...link, createdIn, linkinfo: { ...linkinfo, info_data: { ...linkinfo?.info_data, link: below?.ifname } } };
}
