import { isIPv6 } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { Wireguard, WireguardKey } from "../../generated/resources";
import type { LanMember, Members, OverlayArgs } from "./args";
import type { Classes, Paths } from "./lan";
import { innerAddress, wireguardName } from "./plan";
import type { Underlay } from "./underlay";

/** The port in most examples of WireGuard. */
const defaultPort = 51820;

/** A WireGuard link on each host, with all other hosts as peers. Each host has an address in a private network of the LAN. */
export class Tunnels implements Paths {
  readonly #links = new Map<string, Wireguard>();
  readonly #lanId: string;

  constructor(
    parent: pulumi.Resource,
    of: Classes,
    name: string,
    lanId: string,
    vni: number,
    members: Members,
    { addresses, mtus }: Underlay,
    { listenPort = defaultPort }: OverlayArgs,
  ) {
    this.#lanId = lanId;
    const optionsOf = (host: string) => ({ parent, provider: (members[host] as LanMember).provider });
    const hosts = Object.keys(members);
    const keys = new Map<string, WireguardKey>(
      hosts.map((host) => [host, new of.WireguardKey(`${name}-${host}-key`, {}, optionsOf(host))]),
    );
    const peer = (host: string) => ({
      publicKey: keys.get(host)?.publicKey as pulumi.Output<string>,
      endpoint: pulumi.output(addresses.get(host)).apply((each = "") => `${bracketed(each)}:${listenPort}`),
      allowedIps: [`${this.addressOf(host)}/128`],
    });
    for (const host of hosts) {
      const link = {
        ...{ name: wireguardName(vni), listenPort, mtu: mtus.wireguard, addresses: [`${this.addressOf(host)}/64`] },
        privateKey: keys.get(host)?.privateKey as pulumi.Output<string>,
        peers: hosts.filter((other) => other !== host).map(peer),
      };
      this.#links.set(host, new of.Wireguard(`${name}-${host}-wireguard`, link, optionsOf(host)));
    }
  }

  addressOf(host: string): string {
    return innerAddress(this.#lanId, host);
  }

  /** With `link`, packets cannot leave by another link, unencrypted, when the WireGuard link is gone. */
  inputsOf(host: string): { link: Wireguard; local: string } {
    return { link: this.#links.get(host) as Wireguard, local: this.addressOf(host) };
  }
}

function bracketed(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}
