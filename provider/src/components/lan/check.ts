import * as pulumi from "@pulumi/pulumi";
import { LocalnetProvider, settingsOf } from "../../pulumi/explicit-provider";
import { requestOf } from "../../pulumi/references";
import type { LanMember, Members, OverlayArgs } from "./args";

/** Throws before any resource is made if an input is wrong. */
export function checkMembers(
  subject: string,
  members: Members,
  { over = "vxlan", vni, destinationPort, listenPort }: OverlayArgs,
): void {
  const names = Object.keys(members);
  const failures = [
    ...(names.length < 2 ? ["hosts: must be at least two"] : []),
    ...names
      .filter((name) => !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
      .map((name) => `${name}: must be a plain name`),
    ...names.flatMap((name) => reasons(name, members[name])),
    ...sameHosts(members),
    ...(["vxlan", "wireguard"].includes(over) ? [] : ["over: must be vxlan or wireguard"]),
    ...within("vni", vni, 1, 0xffffff),
    ...within("destinationPort", destinationPort, 1, 65535),
    ...within("listenPort", listenPort, 1, 65535),
    ...(listenPort !== undefined && over === "vxlan" ? ["listenPort: has no meaning over vxlan"] : []),
  ];
  if (failures.length > 0) throw new pulumi.RunError(failures.map((each) => `${subject}: ${each}`).join("\n"));
}

function reasons(name: string, { provider, bridge }: Partial<LanMember> = {}): string[] {
  return [
    ...(provider instanceof LocalnetProvider ? [] : [`${name}.provider: must be a Provider of this package`]),
    ...(bridge && requestOf(bridge) ? [] : [`${name}.bridge: must be a Bridge`]),
  ];
}

/** Members on the same host, as far as the program knows: other ones are found later by their addresses. */
function sameHosts(members: Members): string[] {
  const firstMembers = new Map<unknown, string>();
  return Object.entries(members).flatMap(([name, { provider }]) => {
    const host = settingsOf(provider)?.host;
    const first = firstMembers.get(host);
    firstMembers.set(host, first ?? name);
    return first === undefined ? [] : [`${name}: is the same host as ${first}`];
  });
}

function within(key: string, value: number | undefined, least: number, most: number): string[] {
  const isRight = value === undefined || (Number.isInteger(value) && value >= least && value <= most);
  return isRight ? [] : [`${key}: must be ${least} to ${most}`];
}
