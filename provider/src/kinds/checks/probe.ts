import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { pause, throwIfInterrupted } from "../../host/interrupt";
import { serialize } from "../../host/lock";
import { requireTools } from "../../host/requirements";
import { address, at, seconds } from "../../schema/fields";
import { reach, type Target } from "../../tools/traffic";
import { oneOf, targetArgs } from "./target-args";

const ways = ["http", "tcp", "ping"] as const;
const tools = { http: ["curl", "nsenter"], tcp: ["nc", "nsenter"], ping: ["ping", "nsenter"] } as const;
const texts = z.record(z.string(), z.number());

export const probe = defineKind({
  type: "Probe",
  summary:
    "An assertion that traffic flows, or does not: it looks when it is made and whenever an input changes, and fails the update otherwise.",
  args: {
    ...inNetns,
    ...targetArgs,
    /** An echo request over ICMP. */
    ping: z
      .strictObject({
        /** Where to. */
        address,
      })
      .optional(),
    /** "success": every request is answered as expected; "failure": none is. */
    expect: z.enum(["success", "failure"], { error: "must be success or failure" }).default("success"),
    /** Requests of an attempt, one after the other; the attempts of probes that expect several bodies of one URL as well. */
    count: z.int("must be 1 to 1000").min(1, "must be 1 to 1000").max(1000, "must be 1 to 1000").default(1),
    /** Attempts before it fails. */
    attempts: z.int("must be 1 to 1000").min(1, "must be 1 to 1000").max(1000, "must be 1 to 1000").default(10),
    /** Seconds between attempts. */
    intervalSeconds: seconds.default(1),
    /** Seconds for a request to be answered; not 0. */
    timeoutSeconds: seconds.refine((value) => value > 0, "must be more than 0").default(5),
    /** Values of any sort; a change of one makes it look again. */
    triggers: z.array(z.unknown()).optional(),
  },
  outputs: {
    /** What the last attempt saw. */
    results: z.object({
      /** Requests answered as expected. */
      ok: z.number(),
      /** Other requests. */
      failed: z.number(),
      /** How often each body came. */
      bodies: texts,
      /** How often each reason of a failure came. */
      failures: texts,
    }),
  },
  needs: [],
  /** `URL@NETNS`, `tcp://ADDRESS:PORT@NETNS` or `ping ADDRESS@NETNS` */
  id: (args) => at(describe(args), args.netns),

  *rules(args) {
    const wrong = oneOf(args, ways);
    if (wrong) yield ["http", wrong];
    const bodies = args.http?.expectBody;
    if (Array.isArray(bodies) && bodies.length > args.count)
      yield ["count", "must be at least the number of bodies expected"];
  },

  // There is nothing in the kernel to read: a probe is what it saw.
  async observe(_host, _args, recorded) {
    return recorded?.results && { inputs: {}, outputs: { results: recorded.results } };
  },

  async ensure(host, args) {
    await requireTools(
      host,
      ways.filter((way) => args[way]).flatMap((way) => tools[way]),
    );
    for (let attempt = 1; ; attempt++) {
      const results = await undisturbed(host, args);
      const wrong = judge(args, results);
      if (!wrong) return { outputs: { results } };
      if (attempt === args.attempts) {
        const details = [...Object.entries(results.bodies), ...Object.entries(results.failures)];
        const saw = details.map(([text, times]) => `${times} x ${JSON.stringify(text)}`).join(", ") || "answers";
        const message = `${describe(args)}: ${wrong}; ${results.ok} of ${args.count} as expected; seen ${saw}`;
        throw new LocalnetError("LN_PROBE", message, {
          hint: `last of ${attempt} attempts; look from there with the same command`,
        });
      }
      await pause(args.intervalSeconds * 1000);
    }
  },

  async remove() {},
});

interface ProbeArgs extends Target {
  readonly netns?: string | undefined;
  readonly expect: "success" | "failure";
  readonly count: number;
  readonly timeoutSeconds: number;
}

interface Results {
  ok: number;
  failed: number;
  bodies: Record<string, number>;
  failures: Record<string, number>;
}

/**
 * Balancing deals in turn to whoever asks: of two probes that ask for every other answer at the same pace, neither would
 * ever see the rest.
 */
function undisturbed(host: Host, args: ProbeArgs): Promise<Results> {
  const several = Array.isArray(args.http?.expectBody);
  return several ? serialize(host, describe(args), () => look(host, args)) : look(host, args);
}

async function look(host: Host, args: ProbeArgs): Promise<Results> {
  const results: Results = { ok: 0, failed: 0, bodies: {}, failures: {} };
  for (let request = 0; request < args.count; request++) {
    throwIfInterrupted();
    const { ok, body, failure } = await reach(host, args.netns, args, args.timeoutSeconds);
    results[ok ? "ok" : "failed"]++;
    if (body !== undefined) results.bodies[body] = (results.bodies[body] ?? 0) + 1;
    if (failure !== undefined) results.failures[failure] = (results.failures[failure] ?? 0) + 1;
  }
  return results;
}

/** What is not as expected; undefined when all is. */
function judge({ expect, http }: ProbeArgs, { ok, failed, bodies }: Results): string | undefined {
  if (expect === "failure") return ok ? "it should fail and was answered" : undefined;
  if (failed) return "not every request was answered as expected";
  const unseen = [http?.expectBody ?? []].flat().filter((body) => !bodies[body]);
  return unseen.length ? `no answer was ${unseen.join(", ")}` : undefined;
}

function describe({ http, tcp, ping }: Target): string {
  if (http) return http.url;
  return tcp ? `tcp://${tcp.address}:${tcp.port}` : `ping ${ping?.address}`;
}
