import type { KernelObject } from "../../core/kernel-object";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { type PolicyEntry, showPolicies } from "../ip/xfrm-policies";
import { type StateEntry, showStates } from "../ip/xfrm-states";

export const xfrmObjects = {
  name: "states and policies of IPsec",
  async read(host: Host, netns: string | undefined): Promise<KernelObject[]> {
    try {
      const states = await showStates(host, netns);
      const policies = await showPolicies(host, netns);
      return [...states.map(stateObject), ...policies.map(policyObject)];
    } catch (error) {
      // This kernel has no IPsec.
      if (hasCode(error, "LN_KERNEL")) return [];
      throw error;
    }
  },
};

function stateObject({ source, destination, protocol, spi, mark, strange }: StateEntry): KernelObject {
  return {
    what: `xfrm state src ${source} dst ${destination} proto ${protocol} spi 0x${spi.toString(16)}`,
    why: whyOfState(protocol, spi, strange),
    coveredBy: [{ of: "XfrmState", inputs: { destination, protocol, spi, mark } }],
  };
}

function whyOfState(protocol: string, spi: number, strange: string | undefined): string {
  if (protocol === "4" || protocol === "41") return "the kernel made it beside one of protocol comp";
  if (spi === 0) return "the kernel waits for its keys";
  return strange ? `no input sets ${strange}` : `no kind has states of protocol ${protocol}`;
}

function policyObject({ title, key, strange }: PolicyEntry): KernelObject {
  const isSocket = / socket (in|out) /.test(title);
  return {
    what: `xfrm policy ${title}`,
    why: isSocket
      ? "it belongs to a socket of a process"
      : strange
        ? `no input sets ${strange}`
        : "no inputs can select its packets",
    coveredBy: key ? [{ of: "XfrmPolicy", inputs: { ...key } }] : [],
  };
}
