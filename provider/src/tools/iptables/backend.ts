import { hasCode, LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { versionOf } from "../../host/requirements";

/** The kernel keeps rules in two sets, and packets pass both. Each set has its own programs. */
type Backend = "nf_tables" | "legacy";

export interface Chain {
  readonly netns?: string | undefined;
  readonly family: "ipv4" | "ipv6";
  readonly table: string;
  readonly chain: string;
  /** Default: the backend of the host's own iptables. */
  readonly backend?: Backend | undefined;
}

/** Seconds to wait for another program that holds the lock on all rules. */
export const lockSeconds = "10";

const suffixes = { nf_tables: "-nft", legacy: "-legacy" } as const;

/** The command of a backend; without one, the host's own. */
export function iptablesCommand(family: Chain["family"], backend?: Backend): string {
  return `${family === "ipv6" ? "ip6tables" : "iptables"}${backend ? suffixes[backend] : ""}`;
}

/** The backend of the host's own iptables. */
export async function backendOf(host: Host, family: Chain["family"]): Promise<Backend> {
  const version = await versionOf(host, family === "ipv6" ? "ip6tables" : "iptables");
  return version.includes("(legacy)") ? "legacy" : "nf_tables";
}

/** The rules of all tables, from the iptables-save of the host's own iptables. Makes no tables that do not exist. */
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

/** Throws if the namespace has rules in the other backend: each backend hides the rules of the other. */
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
    // A missing program or kernel feature of nf_tables is no error here. For legacy, the check above has found tables.
    if (backend === "legacy" && hasCode(error, "LN_TOOL", "LN_KERNEL")) return "";
    throw error;
  }
}

export function movedBackend(family: Chain["family"], made: Backend | undefined): LocalnetError {
  return new LocalnetError(
    "LN_BACKEND",
    `the rule was made in the backend ${made} and still exists, but this host's ${iptablesCommand(family)} now uses the other one`,
    {
      hint: "go back with update-alternatives --config iptables, or make the rule again: pulumi up --replace URN",
    },
  );
}
