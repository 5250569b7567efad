import { hasCode, LocalnetError } from "../errors";
import { cached, type Host } from "../host";
import { enter } from "../host/netns";

/** A set, with the names that ipset's manual uses. */
export interface SavedSet {
  readonly name: string;
  readonly type: string;
  /** Undefined: this type has no addresses. */
  readonly family: "ipv4" | "ipv6" | undefined;
  readonly timeout: number | undefined;
  readonly counters: boolean;
  readonly maxElements: number | undefined;
  /** Other options that it was made with. */
  readonly others: string[];
  readonly entries: string[];
}

/** The range of a set of ports that may hold every port. */
export const allPorts = "0-65535";

/** Options that no input has, and that do not change what a set holds. */
const sizes = new Set(["hashsize", "bucketsize", "initval"]);
const withoutValue = new Set(["counters", "comment", "skbinfo", "forceadd"]);

export async function ipset(host: Host, netns: string | undefined, ...args: string[]): Promise<void> {
  await host.run(enter(netns, ["ipset", ...args]));
}

/** All sets of a namespace. */
export function readSets(host: Host, netns: string | undefined): Promise<SavedSet[]> {
  return cached(host, `sets ${netns ?? ""}`, async () =>
    parseSets((await host.run(enter(netns, ["ipset", "save"]))).stdout),
  );
}

/** Runs lines in one process. ipset reads one line after the other: those before a bad one take effect. */
export async function restoreSets(host: Host, netns: string | undefined, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await host.run(enter(netns, ["ipset", "restore"]), { input: `${lines.join("\n")}\n` });
}

export function parseSets(text: string): SavedSet[] {
  const sets = new Map<string, SavedSet>();
  for (const line of text.split("\n")) {
    const [command, name = "", ...words] = line.split(" ");
    if (command === "create") sets.set(name, parseSet(name, words));
    else if (command === "add") sets.get(name)?.entries.push(words[0] ?? "");
  }
  return [...sets.values()];
}

function parseSet(name: string, [type = "", ...words]: string[]): SavedSet {
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (withoutValue.has(word)) options.set(word, "");
    else options.set(word, words[++index] ?? "");
  }
  const take = (option: string) => {
    const value = options.get(option);
    options.delete(option);
    return value;
  };
  const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  const family = take("family");
  if (options.get("range") === allPorts) options.delete("range");
  return {
    ...{ name, type, family: family === undefined ? undefined : family === "inet6" ? "ipv6" : "ipv4" },
    ...{ timeout: number(take("timeout")), counters: take("counters") !== undefined },
    maxElements: number(take("maxelem")),
    others: [...options.keys()].filter((option) => !sizes.has(option)),
    entries: [],
  };
}

/** Destroys a set. A set that is gone already is not an error; one in use is, with an explanation. */
export async function destroySet(host: Host, netns: string | undefined, name: string): Promise<void> {
  try {
    await ipset(host, netns, "destroy", name);
  } catch (error) {
    const stderr = (error instanceof LocalnetError && error.command?.stderr) || "";
    if (stderr.includes("does not exist")) return;
    if (!hasCode(error, "LN_COMMAND") || !stderr.includes("in use")) throw error;
    throw new LocalnetError("LN_BUSY", `a rule of iptables, or another set, uses the set ${name}`, {
      command: error.command,
      hint: "delete what uses it first: iptables-save | grep NAME; in a program, a rule that is given the set itself goes before it",
    });
  }
}
