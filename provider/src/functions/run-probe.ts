import { z } from "zod";
import { hasCode, LocalnetError } from "../errors";
import { probe } from "../kinds";
import { probeTargets } from "../kinds/checks/probe-targets";
import { netnsName } from "../schema/fields";
import { defineFunction } from "./function";

const { count, intervalSeconds, timeoutSeconds, maxMilliseconds } = probe.args.shape;

export const runProbe = defineFunction({
  name: "runProbe",
  summary: "Tests whether traffic flows now. A Probe requires that, and otherwise fails the update.",
  args: {
    /** Network namespace to send from. Default: the host's own. */
    netns: netnsName.optional().meta({ reference: "name", of: "netns" }),
    ...probeTargets,
    /** Number of requests, one after the other. All must be answered. */
    count,
    /** Attempts to get the first answer. */
    attempts: z.int("must be 1 to 1000").min(1, "must be 1 to 1000").max(1000, "must be 1 to 1000").default(1),
    /** Seconds between attempts. */
    intervalSeconds,
    /** Seconds to wait for the answer to a request; not 0. */
    timeoutSeconds,
    /** Most milliseconds for an answer. Default: the timeout. */
    maxMilliseconds,
  },
  outputs: {
    /** Was every request answered as expected? */
    ok: z.boolean(),
    /** Why not. */
    reason: z.string().optional(),
    /** Median time of the answers. */
    milliseconds: z.number().optional(),
  },
  needs: [],
  async run(host, args) {
    const inputs = { ...args, expect: "success", owner: "" } as const;
    const wrong = [...(probe.rules?.(inputs) ?? [])].map(([property, rule]) => `${property}: ${rule}`);
    if (wrong.length > 0) throw new LocalnetError("LN_INPUT", wrong.join("; "));
    try {
      const { outputs } = (await probe.ensure(host, inputs, undefined)) ?? {};
      return { ok: true, milliseconds: outputs?.results?.milliseconds?.median };
    } catch (error) {
      if (!hasCode(error, "LN_PROBE")) throw error;
      return { ok: false, reason: error.summary };
    }
  },
});
