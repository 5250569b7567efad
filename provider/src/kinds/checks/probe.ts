import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { LocalnetError } from "../../errors";
import { pause } from "../../host/interrupt";
import { secondsLeft, showProgress } from "../../host/operation";
import { at, seconds } from "../../schema/fields";
import { nameOf, requireToolsFor } from "../../tools/traffic";
import { type Attempt, attempt, type ProbeArgs } from "./probe-attempt";
import { probeTargets } from "./probe-targets";
import { commandLine, oneOf } from "./target-args";

const ways = ["http", "tcp", "udp", "ping", "dns", "exec"] as const;
const texts = z.record(z.string(), z.int());

export const probe = defineKind({
  type: "Probe",
  summary:
    "A test that traffic flows, or does not flow. It runs when it is created and whenever an input changes, and fails the update if the result is not as expected.",
  args: {
    ...inNetns,
    ...probeTargets,
    /**
     * A command and its arguments, run without a shell. It succeeds if it exits with 0. Other users of the host can read its
     * arguments.
     */
    exec: commandLine.optional(),
    /** Text that the output of `exec` must contain. */
    expectOutput: z.string().min(1, "must not be empty").optional(),
    /** "success": every request is answered as expected; "failure": none is. */
    expect: z.enum(["success", "failure"], { error: "must be success or failure" }).default("success"),
    /**
     * Number of requests, one after the other. Once the first has the expected result, all others must have it too. Probes
     * that expect several bodies of one URL take turns.
     */
    count: z.int("must be 1 to 1000").min(1, "must be 1 to 1000").max(1000, "must be 1 to 1000").default(1),
    /** Most attempts to get the first request with the expected result, and to see all expected bodies. */
    attempts: z.int("must be 1 to 1000").min(1, "must be 1 to 1000").max(1000, "must be 1 to 1000").default(10),
    /** Seconds between attempts. */
    intervalSeconds: seconds.default(1),
    /** Seconds to wait for the answer to a request; not 0. */
    timeoutSeconds: seconds.refine((value) => value > 0, "must be more than 0").default(5),
    /**
     * Most milliseconds for an answer; a slower one does not count. If the first TCP packet is lost, an answer takes 1000
     * more. Default: the timeout.
     */
    maxMilliseconds: z
      .int("must be 1 to 86400000")
      .min(1, "must be 1 to 86400000")
      .max(86_400_000, "must be 1 to 86400000")
      .optional(),
    /** Values of any type. A change of one runs the probe again. */
    triggers: z.array(z.unknown()).optional(),
  },
  outputs: {
    /** Results of the last attempt. */
    results: z.object({
      /** Number of requests with the expected result. */
      ok: z.int(),
      /** Number of other requests. */
      failed: z.int(),
      /** How often each body, datagram, list of records or output was received. */
      bodies: texts,
      /** How often each failure occurred, by its reason. */
      failures: texts,
      /** Times of the answers in milliseconds; for TCP, including the start of the command. */
      milliseconds: z
        .object({
          /** The fastest. */
          least: z.number(),
          /** Median. */
          median: z.number(),
          /** The slowest. */
          most: z.number(),
        })
        .optional(),
    }),
  },
  needs: [],
  /** `URL@NETNS` without user and values of the query, `tcp://ADDRESS:PORT@NETNS`, `udp://ADDRESS:PORT@NETNS`, `ping ADDRESS@NETNS`, `dns NAME TYPE@NETNS` or `exec COMMAND@NETNS` */
  id: (args) => at(nameOf(args), args.netns),

  *rules(args) {
    const wrong = oneOf(args, ways);
    if (wrong) yield ["http", wrong];
    const bodies = args.http?.expectBody;
    if (Array.isArray(bodies) && bodies.length > args.count)
      yield ["count", "must be at least the number of bodies expected"];
    if (args.expectOutput !== undefined && !args.exec) yield ["expectOutput", "has no meaning without exec"];
    if (args.maxMilliseconds !== undefined && args.expect === "failure")
      yield ["maxMilliseconds", "has no meaning where a failure is expected"];
  },

  // The kernel has nothing to read: a probe is its last result.
  async observe(_host, _args, recorded) {
    return recorded?.results && { inputs: {}, outputs: { results: recorded.results } };
  },

  async ensure(host, args) {
    await requireToolsFor(host, args);
    for (let number = 1; ; number++) {
      const last = await attempt(host, args);
      if (!last.wrong) return { outputs: { results: last.results } };
      // The attempts wait for the first success. After it, all requests must succeed.
      const isFinal = last.held > 0 && last.held < args.count;
      const isLate = last.isLate || secondsLeft() < args.intervalSeconds;
      if (isFinal || isLate || number === args.attempts) throw failed(args, last, number, isLate);
      showProgress(`attempt ${number} of ${args.attempts}: ${describeAttempt(last)}`);
      await pause(args.intervalSeconds * 1000);
    }
  },

  async remove() {},
});

function failed(args: ProbeArgs, last: Attempt, attempts: number, isLate: boolean): LocalnetError {
  const message = `${nameOf(args)}: ${last.wrong}; ${last.held} of ${args.count} as expected; got ${countResults(last)}`;
  const end = isLate ? ", ended by customTimeouts" : "";
  const trace = args.exec || args.dns ? "" : ", or localnet trace to see where its packets end";
  return new LocalnetError("LN_PROBE", message, {
    ...(last.command && { command: { argv: [last.command] } }),
    hint: `attempt ${attempts} of ${args.attempts}${end}; run this command by hand to see what it gets${trace}`,
  });
}

/** Describes an attempt; without a count if there was only one request. */
function describeAttempt(attempt: Attempt): string {
  const [only, ...others] = Object.entries(attempt.results.failures);
  return only?.[1] === 1 && others.length === 0 && attempt.held === 0 ? only[0] : countResults(attempt);
}

/** The results of an attempt, in words. */
function countResults({ results: { bodies, failures, milliseconds } }: Attempt): string {
  const texts = [...Object.entries(bodies), ...Object.entries(failures)];
  const counted = texts.map(([text, times]) => `${times} x ${JSON.stringify(text)}`).join(", ") || "answers";
  return milliseconds ? `${counted}, in ${milliseconds.least} to ${milliseconds.most} ms` : counted;
}
