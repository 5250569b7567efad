import { eraseClaim, type Place, readClaim, replaceClaim } from "../../core/ledger";
import type { Host } from "../../host";
import { ownerOf, showLink } from "../../tools/ip/links";
import type { LinkArgs } from "./options";

// Some links are made by a command that cannot set the mark. Until the next command has set it, the ledger shows the owner.

type Name = Pick<LinkArgs, "name" | "netns">;

/** Runs a body that makes a link and marks it. */
export async function whileUnmarked<T>(
  host: Host,
  place: Place,
  { name, netns, owner }: Name & { readonly owner: string },
  body: () => Promise<T>,
): Promise<T> {
  await replaceClaim(host, place, owner);
  try {
    return await body();
  } finally {
    // Keep the entry if the link exists without a mark, or cannot be read: nothing else shows the owner.
    const isSettled = await showLink(host, netns, name).then(
      (link) => !link || ownerOf(link, owner) !== "",
      () => false,
    );
    if (isSettled) await eraseClaim(host, place);
  }
}

/** The owner of an unmarked link. */
export async function claimedOwner(host: Host, place: Place): Promise<string> {
  return (await readClaim(host, place))?.owner ?? "";
}
