import { cached, type Host, usesReadCache } from "../host";
import { commandError } from "../host/command-error";
import { enter } from "../host/netns";
import { batchLines } from "./ip/batch";
import { readService } from "./ipvsadm-batch";
import { parseServices } from "./ipvsadm-parse";
import { type Service, type ServiceKey, sameService, serviceArgs } from "./ipvsadm-service";
import { isMissing } from "./modules";

/** The reason why IPVS is not possible, if that is certain. */
export async function whyNoIpvs(host: Host): Promise<string | undefined> {
  return (await isMissing(host, "ip_vs"))
    ? "the running kernel has no IPVS, module ip_vs: use another kernel or, with the input host, another machine"
    : undefined;
}

export async function ipvsadm(host: Host, netns: string | undefined, ...args: string[]): Promise<string> {
  return (await host.run(enter(netns, ["ipvsadm", ...args]))).stdout;
}

/** Runs commands in one process. ipvsadm goes on after one that fails, and exits with 0. */
export async function restoreServices(
  host: Host,
  netns: string | undefined,
  commands: readonly (readonly string[])[],
): Promise<void> {
  if (commands.length === 0) return;
  const argv = enter(netns, ["ipvsadm", "-R"]);
  const { exitCode, stderr } = await host.run(argv, { input: batchLines(commands), accept: "any" });
  if (exitCode !== 0 || stderr !== "") throw commandError(argv, { exitCode: exitCode || 1, stderr });
}

/** Makes ipvsadm load the module, if the kernel has no IPVS yet. */
export async function loadIpvs(host: Host, netns: string | undefined): Promise<void> {
  if (!(await hasIpvs(host))) await ipvsadm(host, netns, "-L", "--timeout");
}

function listServices(host: Host, netns: string | undefined): Promise<Service[]> {
  return cached(host, `services ${netns ?? ""}`, async () => parseServices(await ipvsadm(host, netns, "-S", "-n")));
}

/** One service. Code that changes a service reads only this one, since reading all takes longer the more there are. */
export async function showService(
  host: Host,
  netns: string | undefined,
  key: ServiceKey,
): Promise<Service | undefined> {
  if (usesReadCache()) return (await listServices(host, netns)).find((each) => sameService(each.key, key));
  return readService(host, netns, key);
}

/** All services, or none if the kernel has no IPVS: ipvsadm would load the module. */
export async function findServices(host: Host, netns: string | undefined): Promise<Service[]> {
  return (await hasIpvs(host)) ? listServices(host, netns) : [];
}

export async function hasIpvs(host: Host): Promise<boolean> {
  return (await host.run(["ls", "/proc/net/ip_vs"], { accept: [0, 2] })).exitCode === 0;
}

/** The thresholds of a service's backends, by endpoint. `ipvsadm -S` does not print them. */
export async function listThresholds(
  host: Host,
  netns: string | undefined,
  key: ServiceKey,
): Promise<Map<string, { upper: number; lower: number }>> {
  const text = await ipvsadm(host, netns, "-L", "-n", "--thresholds", ...serviceArgs(key));
  const rows = [...text.matchAll(/^\s+->\s+(\S+:\d+)\s+(\d+)\s+(\d+)/gm)];
  return new Map(rows.map(([, where = "", upper, lower]) => [where, { upper: Number(upper), lower: Number(lower) }]));
}
