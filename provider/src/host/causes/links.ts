import type { Cause } from "./cause";

export const linkCauses: readonly Cause[] = [
  {
    pattern: /Unknown device type/,
    command: /\btype (\S+)/,
    code: "LN_KERNEL",
    summary: 'the running kernel lacks links of type "$1"',
    // The alias by which the kernel itself loads the module: the module's name is not always that of the type.
    hint: "load its kernel module: modprobe rtnl-link-$1; a cloud kernel may need Debian's linux-image-amd64",
  },
  {
    pattern: /^RTNETLINK answers: File exists$/m,
    command: /\blink add (?=.*\bname )/,
    code: "LN_EXISTS",
    summary: "there is a link of this name, or of its far end's, or with the same ends",
    hint: "choose another name: ip link show NAME finds a link by its alternative names, too; no two tunnels of a type have the same ends and key",
  },
  {
    pattern: /^RTNETLINK answers: Device or resource busy$/m,
    command: /\blink (?:add link (\S+) .*\btype (?:mac|ip)v|set dev (\S+) .*\bmaster )/,
    code: "LN_COMMAND",
    summary: 'the link "$1" is in use otherwise',
    hint: "it can be one of these alone: a port of a bridge or a bond, below macvlan links, or below ipvlan links: ip -d link lists them",
  },
  {
    pattern: /Can not enslave a bridge to a bridge/,
    code: "LN_COMMAND",
    summary: "a bridge takes no bridge as port",
    hint: "join the two by a VethPair, an end in each",
  },
  {
    pattern: /^(?:RTNETLINK answers: Invalid argument|Error: mtu (?:greater|less) than device (?:maximum|minimum)\.)$/m,
    command: /\blink (?:add|set) .*\bmtu (\d+)/,
    code: "LN_COMMAND",
    summary: "the kernel refuses a value of this link",
    hint: "the mtu of $1 may be too great: that of a link on another is at most the other's, less its own headers (VXLAN: 50, over IPv6 70)",
  },
  {
    pattern: /A VXLAN device with the specified VNI already exists/,
    code: "LN_EXISTS",
    summary: "another VXLAN link that was made in this network namespace has this VNI and UDP port",
    hint: "take another vni or destinationPort: ip -d link show type vxlan lists those that are still there",
  },
  {
    pattern: /RTNETLINK answers: Address already in use/,
    code: "LN_EXISTS",
    summary: "something else has the UDP port of this link",
    hint: "take another port (destinationPort, listenPort), or end what has it: ss -lunp, and wg show all listen-port, list it",
  },
];
