import { type HostSettings, openHost } from "../host";
import { check, type Failure, hasUnknown, type Values } from "./check";
import { conflictOf } from "./holdings";
import type { AnyKind } from "./kind";

/**
 * Validates and normalises inputs. Also checks whether this user can work on the host, and whether another object has what
 * the inputs ask for; on this machine also whether the kernel supports them. During a preview a remote host may not exist
 * yet: if it does not answer, that is no failure.
 */
export async function checkOnHost(
  kind: AnyKind,
  news: Values,
  settings: HostSettings,
): Promise<{ inputs: Values; failures: Failure[] }> {
  const { inputs, failures } = check(kind, news);
  if (failures.length > 0 || hasUnknown(inputs.host)) return { inputs, failures };
  const url = (inputs.host as string | undefined) ?? settings.host;
  const host = openHost(url, settings);
  const { answers, refusal } = await host.access();
  if (refusal) return { inputs, failures: [{ ...refusal, reason: `${refusal.property}: ${refusal.reason}` }] };
  const unavailable = url === undefined && (await kind.unavailable?.(host, inputs));
  if (unavailable) return { inputs, failures: [{ property: "", reason: unavailable }] };
  const conflict = await conflictOf(kind, inputs, url, answers ? host : undefined);
  return { inputs, failures: conflict ? [conflict] : [] };
}
