import { type HostSettings, withReadCache } from "../host";
import type { Values } from "./check";
import { type Difference, differences } from "./compare";
import { withDefaults } from "./defaults";
import { isDisturbed } from "./disturbance";
import type { AnyKind } from "./kind";
import { read } from "./lifecycle";

/** Where new inputs differ from recorded ones. An input that did not exist yet when the state was recorded had its default. */
function changes(kind: AnyKind, olds: Values, news: Values): Difference[] {
  return differences(kind.args, news, withDefaults(kind.args, olds));
}

/**
 * The same. But if this run may have removed the object together with another one, it compares with the kernel, not with
 * the state. If the object is gone, all inputs differ, and an update makes it again.
 */
export async function changesNow(
  kind: AnyKind,
  id: string,
  olds: Values,
  news: Values,
  settings: HostSettings,
): Promise<Difference[]> {
  const differing = changes(kind, olds, news);
  if (differing.length > 0 || !isDisturbed(kind, news, settings)) return differing;
  const existing = await withReadCache(() => read(kind, id, olds, settings));
  if (existing) return changes(kind, existing.outputs, news);
  return differences(kind.args, news, { owner: news.owner }).map((each) => ({ ...each, replace: false }));
}

export function diff(kind: AnyKind, olds: Values, news: Values): Diff {
  return diffOf(changes(kind, olds, news));
}

interface Diff {
  readonly changes: boolean;
  readonly replaces: string[];
}

export function diffOf(differing: readonly Difference[]): Diff {
  return {
    changes: differing.length > 0,
    replaces: differing.filter(({ replace }) => replace).map(({ path }) => path),
  };
}
