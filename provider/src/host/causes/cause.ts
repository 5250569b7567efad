import type { Code } from "../../errors";

export interface Cause {
  readonly pattern: RegExp;
  /** The command line must match this too; its group then replaces "$1". */
  readonly command?: RegExp;
  readonly code: Code;
  readonly summary: string;
  readonly hint: string;
}

export const ipv6Disabled = {
  code: "LN_COMMAND",
  summary: "IPv6 is disabled on the link",
  hint: "set net.ipv6.conf.LINK.disable_ipv6 to 0, by a Sysctl before what needs it, or give the link nothing of IPv6, also in the update that gives up the Sysctl which disables it; a new link has the value of net.ipv6.conf.default.disable_ipv6",
} as const;
