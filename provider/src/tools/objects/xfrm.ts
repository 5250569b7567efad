import type { KernelObject } from "../../core/kernel-object";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { ip } from "../ip/ip";
import { wouldLoad } from "../modules";

export const xfrmObjects = {
  name: "states and policies of IPsec",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    if (await wouldLoad(host, "xfrm_user")) return [];
    try {
      // Keys are secrets.
      const states = parseXfrm(await ip(host, netns, "xfrm", "state", "list", "nokeys"));
      const policies = parseXfrm(await ip(host, netns, "xfrm", "policy", "list"));
      return [
        ...states.map((each) => xfrmObject("state", each, /proto \S+ spi \S+/)),
        ...policies.map((each) => xfrmObject("policy", each, /(dir|socket) \S+ priority \d+/)),
      ];
    } catch (error) {
      // A kernel without IPsec has none.
      if (hasCode(error, "LN_KERNEL")) return [];
      throw error;
    }
  },
};

/** Each begins at the margin, and goes on in lines that do not. */
export function parseXfrm(text: string): string[] {
  return text.split(/^(?=src )/m).filter((part) => part.startsWith("src "));
}

function xfrmObject(sort: string, text: string, rest: RegExp): KernelObject {
  const [first = ""] = text.split("\n");
  return {
    what: ["xfrm", sort, first.trim(), rest.exec(text)?.[0]].filter(Boolean).join(" "),
    why: "no kind has it",
    saidBy: [],
  };
}
