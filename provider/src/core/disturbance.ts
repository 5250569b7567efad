import type { HostSettings } from "../host";
import type { Values } from "./check";
import type { AnyKind } from "./kind";

/**
 * Namespaces in which this run has changed something that other objects depend on. The kernel may remove those with it, and
 * none of their inputs shows that, so they are observed again before they count as unchanged.
 */
export const disturbed = new Set<string>();

/** Records that an operation is about to change an object. */
export function disturb(kind: AnyKind, args: Values, settings: HostSettings): void {
  for (const netns of kind.disturbs?.(args) ?? []) disturbed.add(key(netns, args, settings));
}

/** May the kernel have removed the object together with another one? */
export function isDisturbed(kind: AnyKind, args: Values, settings: HostSettings): boolean {
  const netns = kind.namespace ? kind.namespace(args) : args.netns;
  return [netns, ...(kind.disturbs?.(args) ?? [])].some((each) => disturbed.has(key(each, args, settings)));
}

function key(netns: unknown, args: Values, settings: HostSettings): string {
  return `${args.host ?? settings.host ?? ""} ${netns ?? ""}`;
}
