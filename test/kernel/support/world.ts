import { randomBytes } from "node:crypto";
import { eraseNetns } from "../../../provider/src/core/ledger";
import { type Host, openHost, type Result } from "../../../provider/src/host";
import { readTrace, traceOfNamespace } from "./trace";

/** Where the tests run: this machine, or the one that LOCALNET_TEST_HOST names. */
export const hostUrl = process.env.LOCALNET_TEST_HOST || undefined;
export const settings = { sudo: false };

/** The host that the kinds get too: it is one for each address. */
export function testHost(): Host {
  return openHost(hostUrl, settings);
}

// Taken before any test watches the host: commands that a test runs by hand are none of the kinds' own.
const runByHand = testHost().run;

/** What the names of one run of all tests begin with; scripts/test/runner.mjs finds by it what a run leaves. */
const mark = process.env.LOCALNET_TEST_MARK ?? "";

/** So many random letters and digits. */
function random(count: number): string {
  return Array.from(randomBytes(count), (byte) => (byte % 36).toString(36)).join("");
}

/** A corner of the host for one suite: names that nobody else has, commands by hand, and the way back. */
export class World {
  /** What tells this suite's names from all others; those of one run begin alike. */
  readonly tag = `lnt${mark}${random(6 - mark.length)}`;
  readonly owner = `lnt/test/${this.tag}`;
  private readonly namespaces: string[] = [];
  private readonly undo: (() => Promise<unknown>)[] = [];

  /** A name for a link, a chain or a namespace; with the tag at most 15 characters. */
  name(suffix: string): string {
    return `${this.tag}${suffix}`;
  }

  /** A folder that `addFolder` makes, and `cleanUp` takes away. */
  get folder(): string {
    return `/run/${this.tag}`;
  }

  async addFolder(): Promise<void> {
    await this.run("mkdir", "-p", this.folder);
    this.finally(() => this.run("rm", "-rf", this.folder));
  }

  /** Prints what is in it, down to each byte and mode. */
  private get files(): string {
    const where = `$(ls -d ${this.folder} /etc/netns/${this.tag}* 2>/dev/null)`;
    return `for at in ${where}; do find $at -printf '%p %y %m %l\\n'; find $at -type f -exec cksum {} +; done`;
  }

  /** Claims the name of a namespace, which `build` makes. */
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

  /** Runs a command by hand, and fails when it fails. */
  async run(...argv: string[]): Promise<string> {
    return (await runByHand(argv)).stdout;
  }

  /** Runs a command by hand, however it ends. */
  async try(...argv: string[]): Promise<Result> {
    return runByHand(argv, { accept: "any" });
  }

  /** Runs a command by hand in a namespace; undefined: the host's own. */
  async inside(netns: string | undefined, ...argv: string[]): Promise<string> {
    return this.run(...(netns === undefined ? [] : ["ip", "netns", "exec", netns]), ...argv);
  }

  /** A shell script in a namespace: one command over ssh instead of many. */
  async script(netns: string | undefined, text: string): Promise<string> {
    return this.inside(netns, "sh", "-c", text);
  }

  /** A command that takes its time, on a machine that may be slow. */
  async slowly(netns: string, ...argv: string[]): Promise<string> {
    return (await runByHand(["ip", "netns", "exec", netns, ...argv], { timeoutSeconds: 120 })).stdout;
  }

  /** The same script in each of its namespaces. */
  async inAll(text: string): Promise<void> {
    for (const name of this.namespaces) await this.script(name, text);
  }

  /**
   * Until the end, nobody unloads a module of the host that several suites share; `alone`: and nobody else uses it. The
   * kernel lets go of the lock with the process that has it, however this run ends.
   */
  async hold(module: string, alone = false): Promise<void> {
    const file = `/run/lnt-${module}`;
    const keep = `echo $$ > ${file}.${this.tag}; exec sleep 1800`;
    const lock = `flock ${alone ? "-x" : "-s"} ${file} sh -c ${quoted(keep)}`;
    this.finally(() => this.script(undefined, `kill $(cat ${file}.${this.tag}); rm ${file}.${this.tag}`));
    await this.script(undefined, `(${lock}) > /dev/null 2>&1 < /dev/null & exit 0`);
    await eventually(async () => (await this.try("test", "-s", `${file}.${this.tag}`)).exitCode === 0, 1200);
  }

  /** Adds to what is done in the end, whatever happens before. */
  finally(undo: () => Promise<unknown>): void {
    this.undo.unshift(undo);
  }

  /** Takes away what this suite made, and tells what is left that bears its tag. */
  async cleanUp(): Promise<string[]> {
    for (const undo of this.undo) await undo().catch(() => undefined);
    for (const name of this.namespaces) {
      await this.removeNetns(name);
      await eraseNetns(testHost(), name);
    }
    return this.leftovers();
  }

  /**
   * `trace`, once it does not change any more: the kernel does some things after the command has ended. It gets a while to
   * become what is wanted. Whether a process stays takes longer to see.
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

  /** All that a kind could leave in the world. */
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
    const inside = answers.map((answer, index) => {
      const [pids = "", rest = ""] = answer.split(/@@\n(.*)/s);
      const running = pids.split("\n").filter(Boolean).sort();
      return [`== ${this.namespaces[index]}`, ...running.map((each) => `runs ${each}`), readTrace(rest)].join("\n");
    });
    return [...inside, ...ours].join("\n");
  }

  /** Takes away the namespaces and all in them, as a reboot does, and makes them anew. */
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

  /** Namespaces, links of the host's own namespace, log files and entries of the ledger that bear the tag. */
  private async leftovers(): Promise<string[]> {
    const script = `ip netns list; ip -o link show; find /run/pulumi-localnet -printf '%p %l\\n' 2>/dev/null; iptables-save 2>/dev/null; ${this.files}; true`;
    return (await this.script(undefined, script)).split("\n").filter((line) => line.includes(this.tag));
  }
}

/** As one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Waits until something holds, as the kernel does some things after the command that asked for them has ended. */
export async function eventually(holds: () => Promise<boolean>, seconds = 5): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not happen within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
