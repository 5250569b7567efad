import { z } from "zod";
import type { Link } from "../../tools/ip/links";
import { createdInOption } from "./created-in";
import { defineLink } from "./define-link";
import { wireguardHoldings } from "./udp-ports";
import { vrfMember } from "./vrf";
import { publicKeyOf, wireguardInputs } from "./wireguard-args";

export const wireguard = defineLink({
  type: "Wireguard",
  linkType: "wireguard",
  summary: "A WireGuard link: an encrypted tunnel over UDP to each of its peers (`wg`).",
  needs: ["ip", "wg"],
  args: {
    ...vrfMember,
    /**
     * Network namespace that the link is made in; after that it is moved into `netns`. Its UDP socket stays in the first
     * one, and encrypted packets go through there. `"/"`: the host's own. The kernel does not show it afterwards. Needs
     * `netns`. Default: `netns`.
     */
    createdIn: createdInOption.input,
  },
  options: {
    /** The link's own key, as `wg genkey` prints it. It is kept as a secret. */
    privateKey: { input: wireguardInputs.privateKey, read: (_data, { wireguard }) => wireguard?.privateKey },
    /** UDP port that the peers send to. Default: the kernel's choice. */
    listenPort: { input: wireguardInputs.listenPort, read: (_data, { wireguard }) => wireguard?.listenPort },
    /** Firewall mark of the packets that the link sends, at least 1, for rules and routes. Default: none. */
    firewallMark: { input: wireguardInputs.firewallMark, read: (_data, { wireguard }) => wireguard?.firewallMark },
    /** All peers of the link; one that is not listed is removed. Each network can be behind only one of them. */
    peers: { input: wireguardInputs.peers, read: (_data, { wireguard }) => wireguard?.peers },
  },
  outputs: {
    /** The public key, for the peers of the other end. */
    publicKey: { output: z.string(), read: ({ wireguard }: Link) => wireguard?.publicKey },
  },

  *rules({ privateKey, peers, addrgenmode }) {
    if (peers?.some(({ publicKey }) => publicKey === publicKeyOf(privateKey)))
      yield ["peers", "must not name the link's own public key"];
    if (addrgenmode !== undefined && addrgenmode !== "none")
      yield ["addrgenmode", "must be none: the kernel sets it to none when the link comes up"];
  },
  holds: { inputs: ["listenPort"], of: (args) => wireguardHoldings(args) },
  unset: { mtu: 1420, arp: false, multicast: false },
  lacks: () => ({ mac: "a WireGuard link has none" }),
});
