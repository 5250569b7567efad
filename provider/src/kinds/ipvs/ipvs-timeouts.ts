import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { eraseShare, listUnshared } from "../../core/ledger";
import { holdSetting, recallSetting, releaseSetting, type Setting } from "../../core/shared-setting";
import type { Host } from "../../host";
import { at, netnsName } from "../../schema/fields";
import { whyNoIpvs } from "../../tools/ipvsadm";
import { findTimeouts, setTimeouts, showTimeouts, type Timeouts } from "../../tools/ipvsadm-timeouts";

// The kernel counts them in ticks, up to 1000 per second, in 31 bits.
const rule = "must be 1 to 2147483";
const timeout = z.int(rule).min(1, rule).max(2_147_483, rule);

/** The kernel's defaults in each namespace. */
const initial: Timeouts = { tcp: 900, tcpFin: 120, udp: 300 };

export const ipvsTimeouts = defineKind({
  type: "IpvsTimeouts",
  summary: "How long IPVS keeps idle connections in one network namespace.",
  args: {
    ...inNetns,
    /** Seconds to keep an open TCP connection. */
    tcp: timeout.default(initial.tcp),
    /** Seconds to keep a TCP connection after a FIN packet. */
    tcpFin: timeout.default(initial.tcpFin),
    /** Seconds in which UDP packets go to the same backend. */
    udp: timeout.default(initial.udp),
  },
  outputs: {
    /** The timeouts from before, which destroy restores: of TCP, after a FIN, of UDP. */
    previousTimeouts: z.string(),
  },
  needs: ["ipvsadm"],
  /** `timeouts@NETNS` */
  id: idOf,

  unavailable: whyNoIpvs,

  async observe(host, args) {
    return { inputs: await showTimeouts(host, args.netns), outputs: {} };
  },

  async ensure(host, args, _observed, recorded) {
    const holder = { owner: args.owner, former: recorded?.owner, previous: recorded?.previousTimeouts };
    return { outputs: { previousTimeouts: await holdSetting(host, settingOf(host, args), holder, words(args)) } };
  },

  async remove(host, args) {
    await releaseSetting(host, settingOf(host, args), args.owner, args.previousTimeouts);
  },

  async cleanUp(host, args, observed) {
    if (!observed) await eraseShare(host, placeOf(args), args.owner);
  },

  noted: {
    recall: async (host, args) => ({ previousTimeouts: await recallSetting(host, placeOf(args), args.owner) }),
  },

  imports: {
    parse(id) {
      const [name, netns, ...rest] = id.split("@");
      const isId = name === "timeouts" && rest.length === 0;
      return isId && (netns === undefined || netnsName.safeParse(netns).success) ? { netns } : undefined;
    },
    async list(host, netns) {
      const timeouts = await findTimeouts(host, netns);
      if (!timeouts || words(timeouts) === words(initial)) return [];
      return [await listUnshared(host, placeOf({ netns }), idOf({ netns }))];
    },
  },
});

interface Place {
  readonly netns?: string | undefined;
}

function idOf({ netns }: Place): string {
  return at("timeouts", netns);
}

function placeOf({ netns }: Place) {
  return { netns, what: `IpvsTimeouts ${idOf({ netns })}` };
}

function words({ tcp, tcpFin, udp }: Timeouts): string {
  return `${tcp} ${tcpFin} ${udp}`;
}

function settingOf(host: Host, { netns }: Place): Setting {
  return {
    place: placeOf({ netns }),
    read: async () => words(await showTimeouts(host, netns)),
    write: (value) => setTimeouts(host, netns, value.split(" ")),
  };
}
