import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { backendOf, refuseMix, savedRules } from "../../tools/iptables/backend";
import { loadedModules } from "../../tools/modules";
import { type Line, outputOf } from "./check";

const page = "docs/other-programs.md";

/** The host's own firewall, as far as it affects a lab on the host. */
export async function checkFirewall(host: Host): Promise<Line[]> {
  try {
    return [await checkBackend(host), await checkForwarding(host), ...(await checkBridges(host))];
  } catch (error) {
    // A missing command is reported elsewhere; without root the rules cannot be read.
    if (!hasCode(error, "LN_TOOL", "LN_COMMAND", "LN_KERNEL", "LN_PERMISSION")) throw error;
    return [{ group: "firewall", what: "iptables", result: "note", detail: `cannot be looked at: ${error.summary}` }];
  }
}

async function checkBackend(host: Host): Promise<Line> {
  const line = { group: "firewall", what: "backend of iptables" } as const;
  const backend = await backendOf(host, "ipv4");
  try {
    await refuseMix(host, { family: "ipv4", table: "filter", chain: "FORWARD" }, backend);
    return { ...line, result: "ok", detail: backend };
  } catch (error) {
    if (!hasCode(error, "LN_BACKEND")) throw error;
    return { ...line, result: "missing", detail: error.summary, cure: error.hint };
  }
}

async function checkForwarding(host: Host): Promise<Line> {
  const line = { group: "firewall", what: "policy of FORWARD" } as const;
  const policy = /^\*filter[^*]*?^:FORWARD (\w+)/m.exec(await savedRules(host, undefined, "ipv4"))?.[1] ?? "ACCEPT";
  if (policy === "ACCEPT") return { ...line, result: "ok", detail: policy };
  const detail = `${policy}: what the host forwards for a lab without namespaces is lost`;
  return { ...line, result: "note", detail, cure: `${page}#docker` };
}

async function checkBridges(host: Host): Promise<Line[]> {
  if (!(await loadedModules(host)).has("br_netfilter")) return [];
  const detail = "is loaded: iptables filters the bridges of every namespace";
  return [{ group: "firewall", what: "br_netfilter", result: "note", detail, cure: `${page}#br_netfilter` }];
}

const programs = [
  ["NetworkManager", "/run/NetworkManager", "may take new links of the host", "networkmanager"],
  ["systemd-networkd", "/run/systemd/netif/state", "may remove routes and rules of the host", "systemd-networkd"],
  ["Docker", "/run/docker.sock", "sets the policy of FORWARD to DROP", "docker"],
  ["firewalld", "/run/firewalld", "takes rules of the host away when it reloads", ""],
] as const;

/** Running programs that change network settings by themselves. */
export async function checkPrograms(host: Host): Promise<Line[]> {
  const listings = await Promise.all(programs.map(([, path]) => outputOf(host, ["ls", "-d", path])));
  return programs.flatMap(([what, , does, anchor], index): Line[] => {
    if (listings[index] === undefined) return [];
    const cure = `put the lab into namespaces, or ${page}${anchor && `#${anchor}`}`;
    return [{ group: "program", what, result: "note", detail: does, cure }];
  });
}
