import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { pause } from "../host/interrupt";
import { pathOf } from "../host/netns";

// The kernel tells of each hook that a marked packet passes. The rules that mark are in tables that nft owns: they go
// when it ends, however it ends.

/** Its name tells our own chains from all others. */
export const traceTable = "localnet-trace";

export interface Watched {
  readonly netns: string | undefined;
  readonly links: readonly string[];
}

/** What tells our packets from all others, in nft's words. */
export interface Marks {
  /** Stamps what is sent. */
  readonly writes: string;
  /** Fits what is stamped and begins something. */
  readonly stamped: string;
  /** Of that, the field that answers come to: a router may have rewritten it. */
  readonly field: string;
  /** Where that field's value stands, there and back. */
  readonly keys: readonly string[];
  /** What else is to be told of. */
  readonly matches: readonly string[];
}

/** What the kernel takes in a list of links. */
const mostLinks = 200;

/** Marks our packets: as they come in or go out by a link, and before any rule for what starts here. */
export function marking(links: readonly string[], { writes, stamped, field, keys, matches }: Marks): string {
  const set = `set keys { typeof ${field}; flags dynamic; };`;
  const learns = `${stamped} add @keys { ${field} }`;
  const known = [learns, ...keys.map((each) => `${each} @keys`), ...matches];
  const marks = known.map((match) => `${match} meta nftrace set 1;`).join(" ");
  const chain = (name: string, hook: string, priority: number, rules = marks) =>
    `chain ${name} { type filter hook ${hook} priority ${priority}; ${rules} };`;
  // Whoever names a link must not write rules: nft has no way to say a name with a quote.
  const named = links.filter((link) => !link.includes('"'));
  const parts = Array.from({ length: Math.ceil(named.length / mostLinks) }, (_, i) =>
    named.slice(i * mostLinks, (i + 1) * mostLinks),
  );
  const chains = parts.flatMap((part, i) => {
    const devices = `devices = { ${part.map((link) => `"${link}"`).join(", ")} }`;
    return [chain(`in${i}`, `ingress ${devices}`, -500), chain(`out${i}`, `egress ${devices}`, -500)];
  });
  return [
    `add table inet ${traceTable} { flags owner; ${set} ${chain("learn", "prerouting", -450, `${learns};`)} ${chain("start", "output", -450, `${writes}; ${marks}`)} }`,
    `add table netdev ${traceTable} { flags owner; ${set} ${chains.join(" ")} }`,
    "list tables",
    "monitor trace",
  ].join("\n");
}

/**
 * A fixed script, which gets for each namespace the path of it, what nft is to read, and what to begin its lines with. All
 * ends with its standard input.
 */
const watchScript = [
  "exec 3<&0; trap : TERM",
  "while [ $# -gt 2 ]",
  `do printf '%s\\n' "$2" | nsenter --net="$1" -- nft -a -i 2>&1 | sed -u "s/^/$3 /" & shift 3`,
  "done",
  // The signal that it sends to itself too may end a wait; the tables go with the last nft.
  "cat <&3 >/dev/null; kill -TERM 0; wait; wait",
].join("; ");

/** Milliseconds from a table to its tracing. */
const startMilliseconds = 250;
/** Nothing more comes after so many milliseconds without a word: a slow machine takes its time for each. */
const quietMilliseconds = 800;
const readySeconds = 15;
/** A flood has no end. */
const mostSeconds = 10;

/** What the kernel tells, by namespace, of the packets that a body sends, or since the body has called `begin`. */
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
  // In a group of its own, which it ends.
  const argv = ["setsid", "-w", "sh", "-c", watchScript, "localnet", ...parameters];
  const hear = (output: Buffer) => {
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
        if (wrong !== undefined || Date.now() > deadline) throw cannotTrace(wrong ?? "nft did not begin in time");
        await pause(20);
      }
      await pause(startMilliseconds);
      await body(() => {
        text = "";
      });
      const deadline = Date.now() + mostSeconds * 1000;
      for (let length = -1; length !== text.length && Date.now() < deadline; ) {
        length = text.length;
        await pause(quietMilliseconds);
      }
    },
    hear,
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
