import { missingCommandHint } from "../packages";
import { type Cause, ipv6Disabled } from "./cause";

/** What has to be there first, or in another state. */
export const objectCauses: readonly Cause[] = [
  {
    pattern:
      /Nexthop has invalid gateway|(?:Nexthop device|Device for nexthop) is not up|RTNETLINK answers: (?:Network is (?:down|unreachable)|No route to host)/,
    code: "LN_COMMAND",
    summary: "no link that is up leads there",
    hint: "bring up the link, and give it an address in the network of the next hop; in a program, before the route (dependsOn). A rule can forbid the way, too: ip route get NEXTHOP",
  },
  {
    pattern: /Gateway can not be a local address/,
    code: "LN_COMMAND",
    summary: "the next hop is this namespace itself",
    hint: "give the address that the other end of the link has, or a device without a next hop",
  },
  {
    pattern: /Invalid (?:prefsrc|source) address/,
    code: "LN_MISSING",
    summary: "no link in this namespace has the address that is its source",
    hint: "give it to a link first; in a program, before the route (dependsOn)",
  },
  {
    pattern: /Cannot find (?:bridge )?device "([^"]*)"|argument "([^"]*)" is wrong: Device does not exist/,
    code: "LN_MISSING",
    summary: 'there is no link "$1" here',
    hint: "create it first, in the same namespace; in a program, pass its resource instead of its name",
  },
  {
    // For a bridge, bond or VRF it prints another reason.
    pattern: /^RTNETLINK answers: Operation not supported$/m,
    command: /\bmaster (\S+)/,
    code: "LN_COMMAND",
    summary: 'the link "$1" takes no ports',
    hint: "name a bridge, a bond or a VRF as master: ip -d link show $1 tells what it is",
  },
  {
    pattern: /Set (\S+) doesn't exist/,
    code: "LN_MISSING",
    summary: 'there is no set "$1" here',
    hint: "create it first, in the same namespace; in a program, pass the IpSet instead of its name",
  },
  {
    pattern: /Service not defined/,
    code: "LN_MISSING",
    summary: "there is no such service here",
    hint: "create it first, in the same namespace; in a program, pass the IpvsService instead of its id",
  },
  {
    pattern: /Failed to find specified qdisc|Parent Qdisc doesn't exists|Specified class (?:not found|doesn't exist)/,
    code: "LN_MISSING",
    summary: "the link has no such queueing discipline or class",
    hint: "create it first; in a program, before what is in it (dependsOn)",
  },
  { pattern: /IPv6 is disabled on (?:this|nexthop) device/, ...ipv6Disabled },
  {
    pattern:
      /(?:failed to execute|exec of|failed to run command) ["'‘]?([^"':’]+)["'’]?(?: failed)?: No such file or directory/,
    code: "LN_TOOL",
    summary: 'there is no command "$1"',
    hint: missingCommandHint(""),
  },
];
