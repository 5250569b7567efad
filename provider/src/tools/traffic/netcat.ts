import type { Host } from "../../host";
import { type Answer, bodyOf, exitReason, runClient, wholeSeconds } from "./run";

export interface Tcp {
  readonly address: string;
  readonly port: number;
}

export interface Udp extends Tcp {
  readonly send: string;
  readonly expectAnswer?: string | undefined;
}

/** Opens a connection and closes it. */
export function connect(host: Host, netns: string | undefined, args: Tcp, timeoutSeconds: number): Promise<Answer> {
  const argv = ["nc", "-z", "-v", "-w", wholeSeconds(timeoutSeconds), args.address, String(args.port)];
  return runClient(host, netns, argv, timeoutSeconds, ({ exitCode, stderr }) =>
    exitCode === 0 ? { ok: true } : { ok: false, failure: exitReason("nc", exitCode, refusal(stderr)) },
  );
}

/** Sends one datagram, and waits for one. */
export function exchange(host: Host, netns: string | undefined, args: Udp, timeoutSeconds: number): Promise<Answer> {
  const limits = ["-w", wholeSeconds(timeoutSeconds), "-W", "1"];
  // No -v, because with it nc sends datagrams of its own first.
  const argv = ["nc", "-u", ...limits, args.address, String(args.port)];
  const judge = ({ exitCode, stdout }: { exitCode: number; stdout: string }) => {
    const body = bodyOf(stdout);
    if (body === "") return { ok: false, failure: exitReason("nc", exitCode, "no answer") };
    if (args.expectAnswer === undefined || stdout.trim() === args.expectAnswer) return { ok: true, body };
    return { ok: false, body, failure: "another answer" };
  };
  return runClient(host, netns, argv, timeoutSeconds, judge, { input: args.send });
}

/** The reason why the connection failed. */
function refusal(stderr: string): string | undefined {
  const [, failure, late] = /^nc: connect to .* (?:failed: (.+)|(timed out): .*)$/m.exec(stderr) ?? [];
  return failure ?? late;
}
