import { type HostSettings, openHost } from "../host";
import { check, type Failure, type Values } from "./check";
import type { AnyKind } from "./kind";

/**
 * Validates and normalises inputs, and looks whether this machine's kernel can have what they ask for. Another host is not
 * asked: in a preview it may not be there yet.
 */
export async function checkWithKernel(
  kind: AnyKind,
  news: Values,
  settings: HostSettings,
): Promise<{ inputs: Values; failures: Failure[] }> {
  const { inputs, failures } = check(kind, news);
  const isHere = (inputs.host ?? settings.host) === undefined;
  const reason = failures.length === 0 && isHere && (await kind.unavailable?.(openHost(undefined, settings)));
  return reason ? { inputs, failures: [{ property: "", reason }] } : { inputs, failures };
}
