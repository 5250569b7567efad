import type { Host } from "../../host";
import { enter } from "../../host/netns";
import { publicUrl } from "../url";
import { type Answer, bodyOf, runTool, shellLine, tooLong } from "./run";

export interface Http {
  readonly url: string;
  readonly expectStatus: number;
  readonly expectBody?: string | string[] | undefined;
}

/** curl's exit codes that tests of a network meet, in the words of its manual. */
const curlFailures: Readonly<Record<number, string>> = {
  6: "host not resolved",
  7: "could not connect",
  28: "timed out",
  52: "empty reply",
  56: "connection reset",
};

export async function get(host: Host, netns: string | undefined, http: Http, timeoutSeconds: number): Promise<Answer> {
  // -q comes first, so that curl ignores .curlrc. A proxy from the environment is not used.
  const limits = ["--noproxy", "*", "--proto", "=http,https", "--max-time", String(timeoutSeconds)];
  const curl = ["curl", "-q", "-sS", "--globoff", ...limits, "--write-out", "%{stderr}%{http_code} %{time_total}"];
  const command = shellLine(enter(netns, [...curl, "--url", publicUrl(http.url)]));
  // The URL may contain a secret, so it must not appear in the list of processes.
  const input = `url = "${http.url.replace(/["\\]/g, "\\$&")}"\n`;
  const result = await runTool(host, enter(netns, [...curl, "--config", "-"]), timeoutSeconds, { input });
  if (!result) return { ok: false, failure: tooLong, command };
  const { exitCode, stdout, stderr } = result;
  if (exitCode !== 0) {
    const isPublic = publicUrl(http.url) === http.url;
    const reason =
      curlFailures[exitCode] ?? (isPublic ? stderr.replace(/\d+ [\d.]+$/, "").trim() : "see curl's manual");
    return { ok: false, failure: `curl: exit ${exitCode}, ${reason}`, command };
  }
  const body = bodyOf(stdout);
  const [status, seconds] = stderr.split(" ").map(Number);
  const milliseconds = Math.round(Number(seconds) * 1000);
  if (status !== http.expectStatus) return { ok: false, body, failure: `status ${status}`, milliseconds, command };
  const bodies = http.expectBody === undefined ? undefined : [http.expectBody].flat();
  if (!bodies || bodies.includes(body)) return { ok: true, body, milliseconds, command };
  return { ok: false, body, failure: "another body", milliseconds, command };
}
