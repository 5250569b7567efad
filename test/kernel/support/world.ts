import { randomBytes } from "node:crypto";
import { eraseNetns } from "../../../provider/src/core/ledger";
import { type Host, openHost, type Result } from "../../../provider/src/host";
import { readTrace, traceOfNamespace } from "./trace";

/** Where the tests run: this machine, or the one that LOCALNET_TEST_HOST names. */
export const hostUrl = process.env.LOCALNET_TEST_HOST || undefined;
export const settings = { sudo: false };

/** The host that the kinds also use: there is one for each address. */
export function testHost(): Host {
  return openHost(hostUrl, settings);
}

// Read before any test spies on the host, so that commands by hand are not counted as commands of the kinds.
const runByHand = testHost().run;

/** Part of all names of one run. scripts/test/runner.mjs finds by it what a run leaves behind. */
const mark = process.env.LOCALNET_TEST_MARK ?? "";

/** Random letters and digits. */
function random(count: number): string {
  return Array.from(randomBytes(count), (byte) => (byte % 36).toString(36)).join("");
}

/** A part of the host for one suite: unique names, commands by hand, and the clean-up. */
export class World {
  /** The prefix of this suite's names. The prefixes of one run begin alike. */
  readonly tag = `lnt${mark}${random(6 - mark.length)}`;
  readonly owner = `lnt/test/${this.tag}`;
  private readonly namespaces: string[] = [];
  private readonly undo: (() => Promise<unknown>)[] = [];

  /** A name for a link, a chain or a namespace; with the tag at most 15 characters. */
  name(suffix: string): string {
    return `${this.tag}${suffix}`;
  }

  /** A folder that `addFolder` makes, and `cleanUp` removes. */
  get folder(): string {
    return `/run/${this.tag}`;
  }

  async addFolder(): Promise<void> {
    await this.run("mkdir", "-p", this.folder);
    this.finally(() => this.run("rm", "-rf", this.folder));
  }

  /** A script that prints its files with their contents and modes. */
  private get files(): string {
    const where = `$(ls -d ${this.folder} /etc/netns/${this.tag}* 2>/dev/null)`;
    return `for at in ${where}; do find $at -printf '%p %y %m %l\\n'; find $at -type f -exec cksum {} +; done`;
  }

  /** The name of a namespace, which `build` makes. */
  netns(suffix: string): string {
    const name = this.name(suffix);
    this.namespaces.push(name);
    return name;
  }

  /** Makes the namespaces, each with its loopback up. */
  async build(): Promise<void> {
    for (const name of this.namespaces) await this.addNetns(name);
  }

  async addNetns(name: string): Promise<void> {
    await this.run("ip", "netns", "add", name);
    await this.run("ip", "-n", name, "link", "set", "lo", "up");
  }

  /** Runs a command by hand, and throws if it fails. */
  async run(...argv: string[]): Promise<string> {
    return (await runByHand(argv)).stdout;
  }

  /** Runs a command by hand, which may fail. */
  async try(...argv: string[]): Promise<Result> {
    return runByHand(argv, { accept: "any" });
  }

  /** Runs a command by hand in a namespace; undefined: the host's own. */
  async runIn(netns: string | undefined, ...argv: string[]): Promise<string> {
    return this.run(...(netns === undefined ? [] : ["ip", "netns", "exec", netns]), ...argv);
  }

  /** Runs a shell script in a namespace: one command over ssh instead of many. */
  async script(netns: string | undefined, text: string): Promise<string> {
    return this.runIn(netns, "sh", "-c", text);
  }

  /** Runs a command that may take up to 120 s on a slow machine. */
  async slowly(netns: string, ...argv: string[]): Promise<string> {
    return (await runByHand(["ip", "netns", "exec", netns, ...argv], { timeoutSeconds: 120 })).stdout;
  }

  /** Runs a script in each of its namespaces. */
  async inAll(text: string): Promise<void> {
    for (const name of this.namespaces) await this.script(name, text);
  }

  /**
   * Locks a module of the host, which several suites share, so that no other suite unloads it. With `alone`, no other uses it. The
   * kernel releases the lock when the process that holds it ends.
   */
  async hold(module: string, alone = false): Promise<void> {
    const file = `/run/lnt-${module}`;
    const keep = `echo $$ > ${file}.${this.tag}; exec sleep 1800`;
    const lock = `flock ${alone ? "-x" : "-s"} ${file} sh -c ${quoted(keep)}`;
    this.finally(() => this.script(undefined, `kill $(cat ${file}.${this.tag}); rm ${file}.${this.tag}`));
    await this.script(undefined, `(${lock}) > /dev/null 2>&1 < /dev/null & exit 0`);
    await eventually(async () => (await this.try("test", "-s", `${file}.${this.tag}`)).exitCode === 0, 1200);
  }

  /** Adds a step to `cleanUp`. */
  finally(undo: () => Promise<unknown>): void {
    this.undo.unshift(undo);
  }

  /** Removes what this suite made, and returns what is left with its tag. */
  async cleanUp(): Promise<string[]> {
    for (const undo of this.undo) await undo().catch(() => undefined);
    for (const name of this.namespaces) {
      await this.removeNetns(name);
      await eraseNetns(testHost(), name);
    }
    return this.leftovers();
  }

  /**
   * `trace`, once it no longer changes, since the kernel does some things after a command has ended. With `wanted`, it waits
   * up to 3 s for that. If processes run, it waits longer between two reads.
   */
  async settled(wanted?: string): Promise<string> {
    const patience = Date.now() + (wanted === undefined ? 0 : 3000);
    let last = "";
    let now = await this.trace();
    await eventually(async () => {
      last = now;
      await new Promise((resolve) => setTimeout(resolve, /^runs /m.test(now) ? 1000 : 200));
      now = await this.trace();
      return now === last && (now === wanted || Date.now() >= patience);
    }, 10);
    return now;
  }

  /** All that a kind could leave behind. */
  async trace(): Promise<string> {
    const commands = (name: string) =>
      `for pid in $(ip netns pids ${name}); do tr '\\0' ' ' < /proc/$pid/cmdline; echo; done 2>/dev/null`;
    const each = this.namespaces.map(
      (name) => `${commands(name)}; echo @@; ip netns exec ${name} sh -c ${quoted(traceOfNamespace)}; echo @@@`,
    );
    const names = `ls /run/netns; find /run/pulumi-localnet ! -type d -printf '%p %l\\n' 2>/dev/null; ip -br link; ${this.files}; true`;
    const answers = (await this.script(undefined, [...each, names].join("; "))).split("@@@\n");
    const ours =
      answers
        .pop()
        ?.split("\n")
        .filter((line) => line.includes(this.tag)) ?? [];
    const contents = answers.map((answer, index) => {
      const [pids = "", rest = ""] = answer.split(/@@\n(.*)/s);
      const running = pids.split("\n").filter(Boolean).sort();
      return [`== ${this.namespaces[index]}`, ...running.map((each) => `runs ${each}`), readTrace(rest)].join("\n");
    });
    return [...contents, ...ours].join("\n");
  }

  /** Removes the namespaces and all in them, as a reboot does, and makes them again. */
  async rebuild(): Promise<void> {
    for (const name of this.namespaces) await this.removeNetns(name);
    await this.build();
  }

  private async removeNetns(name: string): Promise<void> {
    const { stdout } = await this.try("ip", "netns", "pids", name);
    const pids = stdout.split("\n").filter(Boolean);
    if (pids.length) await this.try("kill", "-s", "KILL", ...pids);
    await this.try("ip", "netns", "del", name);
  }

  /** Namespaces, links of the host's own namespace, log files and entries of the ledger with the tag. */
  private async leftovers(): Promise<string[]> {
    const script = `ip netns list; ip -o link show; find /run/pulumi-localnet -printf '%p %l\\n' 2>/dev/null; iptables-save 2>/dev/null; ${this.files}; true`;
    return (await this.script(undefined, script)).split("\n").filter((line) => line.includes(this.tag));
  }
}

/** Quotes a text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Waits until a condition holds, since the kernel does some things after a command has ended. */
export async function eventually(holds: () => Promise<boolean>, seconds = 5): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not happen within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
