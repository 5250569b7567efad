import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Values } from "../../../provider/src/core/check";
import type { Host } from "../../../provider/src/host";
import { onlyReads } from "../../kernel/support/reading";

/** What the engine calls: the dynamic provider's object of one kind. */
interface KindProvider {
  check(olds: Values, news: Values): Promise<{ inputs: Values; failures: { property: string; reason: string }[] }>;
  diff(id: string, olds: Values, news: Values): Promise<{ changes: boolean; replaces: string[] }>;
  create(inputs: Values): Promise<{ id: string; outs: Values }>;
  update(id: string, olds: Values, news: Values): Promise<{ outs: Values }>;
  read(id: string, props: Values): Promise<{ id: string; props?: Values; inputs?: Values }>;
  delete(id: string, props: Values): Promise<void>;
}

/** What befalls the provider at one of its changing commands. */
export interface Fault {
  /** Which command, from 1. */
  readonly at: number;
  readonly how: "killed before" | "killed after" | "fails" | "fails half-way" | "fails afterwards";
}

const never = new Promise<never>(() => {});

/** A provider in a process of its own, as far as that takes: its modules are its own, and it can die. */
export class Provider {
  readonly died: Promise<void>;
  /** The changing commands that it has run since the fault was told. */
  private commands = 0;
  private fault: Fault | undefined;
  dead = false;
  private die: () => void = () => {};
  private make!: (type: string) => KindProvider;
  private host!: Host;
  private known!: readonly { clear(): void }[];
  private dropReads!: (host: Host) => void;

  constructor() {
    this.died = new Promise((resolve) => {
      this.die = () => {
        this.dead = true;
        resolve();
      };
    });
    jest.isolateModules(() => {
      this.make = require("../../../provider/src/pulumi/dynamic/provider");
      const { openHost } = require("../../../provider/src/host") as typeof import("../../../provider/src/host");
      this.host = openHost(undefined, { sudo: false });
      const { disturbed } = require("../../../provider/src/core/disturbance");
      const { program } = require("../../../provider/src/core/program");
      const { requestedHoldings } = require("../../../provider/src/core/holdings");
      const { pendingCleanUps } = require("../../../provider/src/core/clean-up");
      this.known = [disturbed, program, requestedHoldings, pendingCleanUps];
      ({ dropReads: this.dropReads } = require("../../../provider/src/host/cache"));
      this.watch(this.host);
    });
  }

  of(type: string): KindProvider {
    return this.make(type);
  }

  /** For the next operation: what was seen in one is not shown in another, since the engine starts a provider for each. */
  begin(): void {
    for (const each of this.known) each.clear();
    this.dropReads(this.host);
  }

  /** This befalls it from now on. */
  expect(fault: Fault): this {
    [this.fault, this.commands] = [fault, 0];
    return this;
  }

  private watch(host: Host): void {
    const { run, start, during } = host;
    host.run = (argv, options) =>
      this.struck(
        argv,
        () => quick(argv, options?.input, () => run(argv, options)),
        async (how) => {
          const input = how === "fails half-way" ? half(options?.input) : undefined;
          if (input !== undefined) await quick(argv, input, () => run(argv, { ...options, input, accept: "any" }));
          if (how === "fails afterwards") await quick(argv, options?.input, () => run(argv, options));
          return run(failing, options);
        },
      );
    host.start = (argv, options) =>
      this.struck(
        argv,
        () => start(argv, options),
        async (how) => {
          if (how === "fails afterwards") await start(argv, options);
          return start(argv, { ...options, workingDirectory: "/no/such/folder" });
        },
      );
    // What holds a lock lets it go when it dies.
    host.during = async (argv, seconds, body) => {
      if (this.dead) return never;
      const end = this.died.then(() => undefined as never);
      const result = await during(argv, seconds, () => Promise.race([body(), end]));
      return this.dead ? never : result;
    };
  }

  private async struck<T>(
    argv: readonly string[],
    body: () => Promise<T>,
    fail: (how: Fault["how"]) => Promise<T>,
  ): Promise<T> {
    if (this.dead) return never;
    const changes = !onlyReads(argv) && !argv[0]?.endsWith("-save");
    if (changes) this.commands++;
    const how = changes && this.commands === this.fault?.at ? this.fault.how : undefined;
    if (how === "killed before") this.die();
    if (this.dead) return never;
    const done = how === undefined || how.startsWith("killed") ? body() : fail(how);
    await done.catch(() => undefined);
    if (how === "killed after") this.die();
    return this.dead ? never : done;
  }
}

/** As ip ends when the kernel has no memory for its message. */
const failing = ["sh", "-c", "echo 'Cannot talk to rtnetlink: No buffer space available' >&2; exit 2"];

/** The first half of the lines that a command gets. */
function half(input: string | undefined): string | undefined {
  const lines = input?.split("\n").filter(Boolean) ?? [];
  return lines.length > 1 ? `${lines.slice(0, Math.floor(lines.length / 2)).join("\n")}\n` : undefined;
}

/** Runs a command; in namespaces that it makes, the kernel then does not look for duplicates of IPv6 addresses, for seconds each. */
async function quick<T>(argv: readonly string[], input = "", body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } finally {
    const made = [...`${argv.join(" ")}\n${input}`.matchAll(/netns add (\S+)/g)].map(([, name = ""]) => name);
    await Promise.all(made.map(withoutDetection));
  }
}

async function withoutDetection(netns: string): Promise<void> {
  const script = "cd /proc/sys/net/ipv6/conf && for file in */accept_dad; do echo 0 > $file; done";
  await promisify(execFile)("nsenter", [`--net=/run/netns/${netns}`, "sh", "-c", script]).catch(() => undefined);
}
