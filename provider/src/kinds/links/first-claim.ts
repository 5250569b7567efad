import { eraseClaim, type Place, readClaim, replaceClaim } from "../../core/ledger";
import type { Host } from "../../host";
import { ownerOf, showLink } from "../../tools/ip/links";
import type { LinkArgs } from "./options";

// The command that makes some links cannot say whose they are: until the next one has, the ledger tells.

type Name = Pick<LinkArgs, "name" | "netns">;

/** Makes a link and marks it. */
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
    // Of one that was made and not marked nothing else tells whose it is; nor where it cannot be seen.
    const isSettled = await showLink(host, netns, name).then(
      (link) => !link || ownerOf(link, owner) !== "",
      () => false,
    );
    if (isSettled) await eraseClaim(host, place);
  }
}

/** The owner of a link without a mark. */
export async function claimedOwner(host: Host, place: Place): Promise<string> {
  return (await readClaim(host, place))?.owner ?? "";
}
