import { hasCode, LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { versionOf } from "../../host/requirements";

/** Where the kernel keeps the rules: two sets, of which packets pass both, and each has programs of its own. */
type Backend = "nf_tables" | "legacy";

export interface Chain {
  readonly netns?: string | undefined;
  readonly family: "ipv4" | "ipv6";
  readonly table: string;
  readonly chain: string;
  /** Default: that of the host's own iptables. */
  readonly backend?: Backend | undefined;
}

/** Seconds to wait for another program that holds the lock on all rules. */
export const lockSeconds = "10";

const suffixes = { nf_tables: "-nft", legacy: "-legacy" } as const;

/** The command of a backend; of none in particular, the host's own. */
export function iptablesCommand(family: Chain["family"], backend?: Backend): string {
  return `${family === "ipv6" ? "ip6tables" : "iptables"}${backend ? suffixes[backend] : ""}`;
}

/** The backend of the host's own iptables. */
export async function backendOf(host: Host, family: Chain["family"]): Promise<Backend> {
  const version = await versionOf(host, family === "ipv6" ? "ip6tables" : "iptables");
  return version.includes("(legacy)") ? "legacy" : "nf_tables";
}

/** The rules of all tables, as the host's own iptables saves them. Tables that are not there are not made. */
export async function savedRules(host: Host, netns: string | undefined, family: Chain["family"]): Promise<string> {
  if ((await backendOf(host, family)) === "legacy" && !(await hasLegacyTables(host, netns, family))) return "";
  return (await host.run(enter(netns, [`${iptablesCommand(family)}-save`]))).stdout;
}

async function hasLegacyTables(host: Host, netns: string | undefined, family: Chain["family"]): Promise<boolean> {
  const names = `/proc/net/${family === "ipv6" ? "ip6_tables_names" : "ip_tables_names"}`;
  try {
    return (await host.run(enter(netns, ["cat", names]))).stdout !== "";
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && error.command?.stderr?.includes(`${names}: No such file`)) return false;
    throw error;
  }
}

/** Throws when the backend that is not the host's own holds rules in the namespace: each hides what the other does. */
export async function refuseMix(host: Host, { netns, family }: Chain, backend: Backend): Promise<void> {
  const other = backend === "legacy" ? "nf_tables" : "legacy";
  const save = `${iptablesCommand(family, other)}-save`;
  if (!/^-A /m.test(await saved(host, netns, save, backend))) return;
  throw new LocalnetError(
    "LN_BACKEND",
    `the backend ${other} holds rules here, and this host's ${iptablesCommand(family)} would add its own to ${backend}`,
    { hint: `remove the others, which ${save} shows, or choose one for all: update-alternatives --config iptables` },
  );
}

async function saved(host: Host, netns: string | undefined, save: string, backend: Backend): Promise<string> {
  try {
    return (await host.run(enter(netns, [save]))).stdout;
  } catch (error) {
    // Neither the command nor the kernel needs to have the newer backend. That the older one has tables has been told.
    if (backend === "legacy" && hasCode(error, "LN_TOOL", "LN_KERNEL")) return "";
    throw error;
  }
}

export function movedBackend(family: Chain["family"], made: Backend | undefined): LocalnetError {
  return new LocalnetError(
    "LN_BACKEND",
    `the rule was made in the backend ${made} and is there still, but this host's ${iptablesCommand(family)} is now that of the other one`,
    {
      hint: "go back with update-alternatives --config iptables, or have the rule made again: pulumi up --replace URN",
    },
  );
}
