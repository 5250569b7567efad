import type { Host } from "../../host";
import { type Answer, exitReason, runClient, wholeSeconds } from "./run";

export interface Ping {
  readonly address: string;
  readonly size?: number | undefined;
  readonly dontFragment?: boolean | undefined;
}

/** Sends one echo request. */
export function ping(host: Host, netns: string | undefined, args: Ping, timeoutSeconds: number): Promise<Answer> {
  const size = args.size === undefined ? [] : ["-s", String(args.size)];
  const fragments = args.dontFragment === undefined ? [] : ["-M", args.dontFragment ? "do" : "dont"];
  const limits = ["-n", "-c", "1", "-W", wholeSeconds(timeoutSeconds)];
  const argv = ["ping", ...limits, ...size, ...fragments, args.address];
  return runClient(host, netns, argv, timeoutSeconds, ({ exitCode, stdout, stderr }) => {
    if (exitCode !== 0) return { ok: false, failure: exitReason("ping", exitCode, reason(stdout, stderr)) };
    // The time that ping measures does not include the start of the command.
    const measured = /^rtt .*= ([\d.]+)\//m.exec(stdout)?.[1];
    return measured === undefined ? { ok: true } : { ok: true, milliseconds: Math.round(Number(measured)) };
  });
}

/** The error of a router or the kernel; undefined: no answer came. */
function reason(stdout: string, stderr: string): string | undefined {
  const router = /^From \S+.* icmp_seq=\d+ (.+)$/m.exec(stdout)?.[1];
  return router ?? /^ping: (?:\w+: )?(.+)$/m.exec(stderr)?.[1];
}
