import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { pause } from "../host/interrupt";
import { pathOf } from "../host/netns";

// The kernel reports each hook that a marked packet passes. The rules that mark packets are in tables that nft owns: the
// kernel removes them when nft ends, for whatever reason.

/** This name tells our chains from all others. */
export const traceTable = "localnet-trace";

export interface Watched {
  readonly netns: string | undefined;
  readonly links: readonly string[];
}

/** How our packets are told from all others, in nft's language. */
export interface Marks {
  /** Marks the packets that are sent here. */
  readonly writes: string;
  /** Matches marked packets that begin a connection. */
  readonly stamped: string;
  /** The field of these packets that replies go to. A router may have rewritten it. */
  readonly field: string;
  /** The fields that hold that value, in requests and in replies. */
  readonly keys: readonly string[];
  /** Matches other packets to report. */
  readonly matches: readonly string[];
}

/** The largest list of devices that the kernel accepts. */
const maxLinks = 200;

/**
 * The rules that mark our packets: when they come in or go out by a link, and for locally sent ones before any other rule. The
 * chain `last` has none: it is reported with the packet as it goes out, which newer kernels do not show at a link.
 */
export function marking(links: readonly string[], { writes, stamped, field, keys, matches }: Marks): string {
  const set = `set keys { typeof ${field}; flags dynamic; };`;
  const learns = `${stamped} add @keys { ${field} }`;
  const known = [learns, ...keys.map((each) => `${each} @keys`), ...matches];
  const marks = known.map((match) => `${match} meta nftrace set 1;`).join(" ");
  const chain = (name: string, hook: string, priority: number, rules = `${marks} `) =>
    `chain ${name} { type filter hook ${hook} priority ${priority}; ${rules}};`;
  // nft cannot quote a name that contains a quote, and the name of a link must not be able to add rules.
  const named = links.filter((link) => !link.includes('"'));
  const parts = Array.from({ length: Math.ceil(named.length / maxLinks) }, (_, i) =>
    named.slice(i * maxLinks, (i + 1) * maxLinks),
  );
  const chains = parts.flatMap((part, i) => {
    const devices = `devices = { ${part.map((link) => `"${link}"`).join(", ")} }`;
    return [chain(`in${i}`, `ingress ${devices}`, -500), chain(`out${i}`, `egress ${devices}`, -500)];
  });
  return [
    `add table inet ${traceTable} { flags owner; ${set} ${chain("learn", "prerouting", -450, `${learns}; `)} ${chain("start", "output", -450, `${writes}; ${marks} `)} ${chain("last", "postrouting", 400, "")} }`,
    `add table netdev ${traceTable} { flags owner; ${set} ${chains.join(" ")} }`,
    "list tables",
    "monitor trace",
  ].join("\n");
}

/**
 * A fixed script. For each namespace it gets its path, the input of nft, and a prefix for nft's lines. All processes end
 * when its standard input closes.
 */
const watchScript = [
  "exec 3<&0; trap : TERM",
  "while [ $# -gt 2 ]",
  `do printf '%s\\n' "$2" | nsenter --net="$1" -- nft -a -i 2>&1 | sed -u "s/^/$3 /" & shift 3`,
  "done",
  // The signal also reaches the script itself, and may end a wait. The tables disappear with the last nft.
  "cat <&3 >/dev/null; kill -TERM 0; wait; wait",
].join("; ");

/** Milliseconds from making a table until its tracing works. */
const startMilliseconds = 250;
/** After so many milliseconds without output, no more is expected. A slow machine needs long for each line. */
const quietMilliseconds = 800;
const readySeconds = 15;
/** The longest time to read, because a flood of packets does not end. */
const maxSeconds = 10;

/** The kernel's reports, by namespace, about the packets that `body` sends, or sends after it called `begin`. */
export async function watchPackets(
  host: Host,
  places: readonly Watched[],
  marks: Marks,
  body: (begin: () => void) => Promise<unknown>,
): Promise<Map<string | undefined, string>> {
  let text = "";
  const parameters = places.flatMap(({ netns, links }, index) => [
    ...[netns === undefined ? "/proc/self/ns/net" : pathOf(netns), marking(links, marks), String(index)],
  ]);
  // In a process group of its own, which the script kills.
  const argv = ["setsid", "-w", "sh", "-c", watchScript, "localnet", ...parameters];
  const onOutput = (output: Buffer) => {
    text += output.toString("latin1");
  };
  const isReady = (index: number) => new RegExp(`^${index} table netdev ${traceTable}$`, "m").test(text);
  await host.during(
    argv,
    readySeconds,
    async () => {
      for (const deadline = Date.now() + readySeconds * 1000; !places.every((_, index) => isReady(index)); ) {
        const wrong = /^\d+ (?:nft: |nsenter: |Error: )?(.*(?:Error|[Nn]ot permitted|not found|failed).*)$/m.exec(
          text,
        )?.[1];
        if (wrong !== undefined || Date.now() > deadline) throw cannotTrace(wrong ?? "nft did not start in time");
        await pause(20);
      }
      await pause(startMilliseconds);
      await body(() => {
        text = "";
      });
      const deadline = Date.now() + maxSeconds * 1000;
      for (let length = -1; length !== text.length && Date.now() < deadline; ) {
        length = text.length;
        await pause(quietMilliseconds);
      }
    },
    onOutput,
  );
  const lines = text.split("\n");
  return new Map(places.map(({ netns }, index) => [netns, linesOf(lines, `${index} `)]));
}

function linesOf(lines: readonly string[], begin: string): string {
  return lines.flatMap((line) => (line.startsWith(begin) ? line.slice(begin.length) : [])).join("\n");
}

function cannotTrace(reason: string): LocalnetError {
  const code = /not permitted/.test(reason) ? "LN_PERMISSION" : "LN_KERNEL";
  const hint =
    code === "LN_PERMISSION"
      ? "run as root, or let the user run sudo -n and add --sudo"
      : "tracing needs nft, and Linux 5.16 or later with the hooks ingress and egress";
  return new LocalnetError(code, `cannot trace packets: ${reason}`, { hint });
}
