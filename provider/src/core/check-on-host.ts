import { type HostSettings, openHost } from "../host";
import { check, type Failure, type Values } from "./check";
import type { AnyKind } from "./kind";

/**
 * Validates and normalises inputs, and checks whether the kernel of this machine supports what they ask for. A remote host is
 * not checked: during a preview it may not exist yet.
 */
export async function checkOnHost(
  kind: AnyKind,
  news: Values,
  settings: HostSettings,
): Promise<{ inputs: Values; failures: Failure[] }> {
  const { inputs, failures } = check(kind, news);
  const isHere = (inputs.host ?? settings.host) === undefined;
  const reason = failures.length === 0 && isHere && (await kind.unavailable?.(openHost(undefined, settings)));
  return reason ? { inputs, failures: [{ property: "", reason }] } : { inputs, failures };
}
