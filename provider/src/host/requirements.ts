import { type FailedCommand, hasCode, LocalnetError } from "../errors";
import type { Host } from ".";
import { environment } from "./host";
import { packages } from "./packages";

interface Requirement {
  readonly package: string;
  /** Prints the version. Only for commands with a minimum version. */
  readonly version?: { readonly argv: readonly string[]; readonly atLeast: string };
}

/** The system commands, the Debian packages that contain them, and the oldest supported version. */
export const requirements = {
  ip: { package: packages.ip, version: { argv: ["ip", "-V"], atLeast: "6.1.0" } },
  bridge: { package: packages.bridge },
  tc: { package: packages.tc },
  ethtool: { package: packages.ethtool },
  iptables: { package: packages.iptables, version: { argv: ["iptables", "-V"], atLeast: "1.8.9" } },
  ip6tables: { package: packages.ip6tables, version: { argv: ["ip6tables", "-V"], atLeast: "1.8.9" } },
  ipset: { package: packages.ipset },
  ipvsadm: { package: packages.ipvsadm, version: { argv: ["ipvsadm", "-v"], atLeast: "1.31" } },
  modprobe: { package: packages.modprobe },
  nft: { package: packages.nft, version: { argv: ["nft", "-v"], atLeast: "1.0.6" } },
  wg: { package: packages.wg, version: { argv: ["wg", "--version"], atLeast: "1.0.20210914" } },
  nsenter: { package: packages.nsenter },
  setpriv: { package: packages.setpriv },
  curl: { package: packages.curl },
  nc: { package: packages.nc },
  ping: { package: packages.ping },
  tcpdump: { package: packages.tcpdump },
  dig: { package: packages.dig },
} as const satisfies Record<string, Requirement>;

export type Tool = keyof typeof requirements;

const checked = new WeakMap<Host, Map<Tool, Promise<string>>>();

/** Throws if a command is missing or too old, before anything is changed. Checks each host once. */
export async function requireTools(host: Host, tools: readonly Tool[]): Promise<void> {
  for (const tool of tools) await versionOf(host, tool);
}

/** The version that a command prints, or its path if no version is required. Checks each host once. */
export async function versionOf(host: Host, tool: Tool): Promise<string> {
  const known = checked.get(host) ?? new Map<Tool, Promise<string>>();
  checked.set(host, known);
  let check = known.get(tool);
  if (!check) {
    check = checkTool(host, tool);
    known.set(tool, check);
    check.catch(() => known.delete(tool));
  }
  return check;
}

async function checkTool(host: Host, tool: Tool): Promise<string> {
  const { package: name, version }: Requirement = requirements[tool];
  const least = version ? ` ${version.atLeast} or later` : "";
  const hint = `install ${tool}${least} (Debian package ${name})`;
  const noTool = (command?: FailedCommand) =>
    new LocalnetError("LN_TOOL", `there is no working command "${tool}"`, { command, hint });
  if (!version) return (await findCommand(host, tool)) ?? Promise.reject(noTool());
  const { stdout } = await host.run(version.argv).catch((error: unknown) => {
    // ipvsadm prints its version only if the kernel has IPVS.
    throw hasCode(error, "LN_COMMAND", "LN_TOOL") ? noTool(error.command) : error;
  });
  const toolVersion = /\d+(\.\d+)+/.exec(stdout)?.[0] ?? "";
  if (compareVersions(toolVersion, version.atLeast) < 0) {
    throw new LocalnetError("LN_TOOL", `${tool} is too old: ${toolVersion || stdout.trim()}`, { hint });
  }
  return stdout;
}

/** The path of a command in PATH. Not every host has `which`. */
export async function findCommand(host: Host, name: string): Promise<string | undefined> {
  const files = environment.PATH.split(":").map((folder) => `${folder}/${name}`);
  const { stdout } = await host.run(["ls", "-d", ...files], { accept: [0, 2] });
  return stdout.split("\n")[0] || undefined;
}

export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference) return difference;
  }
  return 0;
}
