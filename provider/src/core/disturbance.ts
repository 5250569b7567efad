import type { HostSettings } from "../host";
import type { Values } from "./check";
import type { AnyKind } from "./kind";

/**
 * Namespaces in which this run has changed what other objects hang on. The kernel takes those along with it, and no input
 * of theirs tells, so they are looked at before they are said to be as recorded.
 */
const disturbed = new Set<string>();

/** Notes that an operation is about to change an object. */
export function disturb(kind: AnyKind, args: Values, settings: HostSettings): void {
  for (const netns of kind.disturbs?.(args) ?? []) disturbed.add(key(netns, args, settings));
}

/** Could the object have gone with another? */
export function isDisturbed(kind: AnyKind, args: Values, settings: HostSettings): boolean {
  const netns = kind.namespace ? kind.namespace(args) : args.netns;
  return [netns, ...(kind.disturbs?.(args) ?? [])].some((each) => disturbed.has(key(each, args, settings)));
}

function key(netns: unknown, args: Values, settings: HostSettings): string {
  return `${args.host ?? settings.host ?? ""} ${netns ?? ""}`;
}
