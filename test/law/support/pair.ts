import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Deed } from "./deeds";
import { Broken, failures, named, stepped, stepText } from "./divergences";
import { checked } from "./generate";
import { type Divergence, differences, type Kernel, readKernel } from "./kernel-state";
import { find, kindOf, type Program, textOf } from "./program";
import { type Fault, Provider } from "./provider";
import { restore } from "./restore";
import { Stack } from "./stack";
import type { Outcome } from "./state";

/** Two programs, and what happens between them. */
export interface Pair {
  readonly a: Program;
  readonly b: Program;
  readonly byHand: readonly Deed[];
  readonly fault?: Fault & { readonly during: "a" | "b" };
  /** Is there a refresh before the second program, where nobody needs one? */
  readonly refreshes: boolean;
}

/** The programs make no sense: the second cannot be brought up on a clean host either. */
export class Senseless extends Error {}

/** Divergences that are known, and still open. */
type Known = (pair: Pair, divergence: Divergence) => boolean;

const settleMilliseconds = [100, 400, 1500];
const patientMilliseconds = 1500;

/**
 * update(A -> B) leaves the kernel as create(B) does on a clean host; a refresh then finds nothing and the same program
 * again changes nothing; what somebody added by hand is still there, and destroy leaves the host as it was.
 */
export async function obeys(pair: Pair, clean: Kernel, known: Known, once = false): Promise<void> {
  try {
    await new Trial(pair, clean, known, 0).run().catch(async (error) => {
      if (!(error instanceof Broken) || once || !error.sort.startsWith("kernel: ")) throw error;
      // The kernel does some things a while after it was asked for them; only what stays counts.
      await restore(clean);
      await new Trial(pair, clean, known, patientMilliseconds).run();
    });
  } catch (error) {
    await restore(clean);
    throw error;
  }
}

let living: Provider | undefined;

/** A provider that nothing befalls: one serves all. */
function healthy(): Provider {
  living ??= new Provider();
  return living;
}

let stricken: Provider | undefined;

/** One that something befalls: it serves until it dies. */
function faulty(fault: Fault): Provider {
  if (!stricken || stricken.dead) stricken = new Provider();
  return stricken.expect(fault);
}

class Trial {
  constructor(
    private readonly pair: Pair,
    private readonly clean: Kernel,
    private readonly known: Known,
    private readonly patience: number,
  ) {}

  async run(): Promise<void> {
    const { a, b, fault, byHand, refreshes } = this.pair;
    const stack = new Stack(fault?.during === "a" ? faulty(fault) : healthy());
    const first = await stack.up(a);
    stack.provider = healthy();
    const whole = !first.killed && first.errors.length === 0;
    if (whole) await this.rests(stack, a, "A");
    // What was made when the provider died, nobody but the program knows: one that has it not any more leaves it behind.
    if (first.killed && first.unrecorded.some((name) => !sameObject(a, b, name))) await stack.up(a);

    for (const { argv } of byHand) await execute(argv);
    if (byHand.length > 0 || (!whole && refreshes)) await this.refresh(stack, "before B");

    if (fault?.during === "b") {
      stack.provider = faulty(fault);
      const { errors } = await stack.up(b);
      stack.provider = healthy();
      if (errors.length > 0 && refreshes) await this.refresh(stack, "after the fault");
    }
    const foreign = byHand.filter((deed) => deed.foreign);
    const second = await stack.up(b);
    if (foreign.length > 0) {
      if (!(await this.leavesAlone(stack, second, foreign))) return restore(this.clean);
    } else if (second.errors.length > 0) {
      await restore(this.clean);
      await this.fresh([]);
      this.require("B comes up on a clean host, but not after A", failures("update", second));
      return restore(this.clean);
    }
    await this.rests(stack, b, "B");

    const made = new Set(second.steps.filter(({ op }) => op !== "update").map(({ name }) => name));
    const stays = (name: string) => !made.has(name) && b.some((each) => [each.name, each.alias].includes(name));
    const kept = byHand.filter(({ undo, on }) => undo && on.every(stays));
    await pause(this.patience);
    const updated = await readKernel();
    await this.destroy(stack, byHand);
    const fresh = await this.fresh(kept);
    this.require("update(A -> B) is not create(B)", named("kernel", differences(fresh, updated)));
  }

  /** What the second program makes of a clean host, with what was added by hand to the first. */
  private async fresh(kept: readonly Deed[]): Promise<Kernel> {
    const { b } = this.pair;
    const stack = new Stack(healthy());
    const outcome = await stack.up(b);
    if (outcome.errors.length > 0) throw new Senseless(failures("create", outcome)[0]?.text);
    await this.rests(stack, b, "B alone");
    for (const { argv } of kept) await execute(argv);
    await pause(this.patience);
    const kernel = await readKernel();
    await this.destroy(stack, kept);
    return kernel;
  }

  /** A refresh finds nothing, and the same program again has nothing to do. */
  private async rests(stack: Stack, program: Program, which: string): Promise<void> {
    const { steps } = await this.refresh(stack, `after ${which}`);
    this.require(`a refresh right after ${which} finds something`, steps.map(stepped("refresh")));
    if (steps.length > 0) return;
    const again = await stack.up(program);
    this.require(`${which} again fails`, failures("again", again));
    this.require(`${which} again does something`, again.steps.map(stepped("again")));
  }

  private async refresh(stack: Stack, when: string): Promise<Outcome> {
    const outcome = await stack.refresh();
    this.require(`a refresh ${when} fails`, failures("refresh", outcome));
    return outcome;
  }

  private async destroy(stack: Stack, deeds: readonly Deed[]): Promise<void> {
    this.require("destroy fails", failures("destroy", await stack.destroy()));
    for (const { undo } of deeds) if (undo) await execute(undo);
    let left = differences(this.clean, await readKernel());
    for (const milliseconds of settleMilliseconds) {
      if (left.length === 0) return;
      await pause(milliseconds);
      left = differences(this.clean, await readKernel());
    }
    this.require("destroy does not leave the host as it was", named("left", left));
    await restore(this.clean);
  }

  /** Where somebody else's stands in the place of ours, it is left alone; once it is gone, all gets well, but for what is open. */
  private async leavesAlone(stack: Stack, second: Outcome, foreign: readonly Deed[]): Promise<boolean> {
    const there = await readKernel();
    for (const name of foreign.map(({ on }) => on[1] ?? "")) {
      const mark = there.get(`${name}: link lo`)?.is.ifalias;
      const deleted = {
        sort: "foreign: a namespace is deleted",
        text: `${name}, after ${second.steps.map(stepText).join(", ")}`,
      };
      const taken = { sort: "foreign: a namespace is taken over", text: `${name} has the mark ${mark}` };
      if (!there.has(`${name}: namespace`)) this.require("somebody else's is not left alone", [deleted]);
      if (mark !== undefined) this.require("somebody else's is not left alone", [taken]);
      await execute(["ip", "netns", "del", name]);
    }
    const third = await stack.up(this.pair.b);
    if (third.errors.length > 0) {
      await restore(this.clean);
      await this.fresh([]);
    }
    this.require("B does not come up after the foreign namespace is gone", failures("update", third));
    return third.errors.length === 0;
  }

  private require(what: string, divergences: readonly Divergence[]): void {
    const news = divergences.filter((each) => !this.known(this.pair, each));
    if (news.length > 0) throw new Broken(news, what);
  }
}

/** Do both programs mean the same object by a name? */
function sameObject(a: Program, b: Program, name: string): boolean {
  return objectOf(a, name) !== undefined && objectOf(a, name) === objectOf(b, name);
}

function objectOf(program: Program, name: string): string | undefined {
  const there = find(program, name);
  return there && kindOf(there.type).id(checked(program, there).inputs);
}

async function pause(milliseconds: number): Promise<void> {
  if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function execute([file = "", ...args]: readonly string[]): Promise<void> {
  await promisify(execFile)(file, args).catch(() => undefined);
}

/** The pair as a reader takes it in, and may do it by hand. */
export function story({ a, b, byHand, fault, refreshes }: Pair): string {
  const strikes = (during: "a" | "b") =>
    fault?.during === during ? [`// the provider: ${fault.how} at changing command ${fault.at}`] : [];
  const hands = byHand.map(({ argv, foreign }) => `// by hand${foreign ? ", somebody else" : ""}: ${argv.join(" ")}`);
  return [
    ...["// A", textOf(a), ...strikes("a"), ...hands],
    ...(byHand.length > 0 || (fault && refreshes) ? ["// pulumi refresh"] : []),
    ...["// B", textOf(b), ...strikes("b")],
  ].join("\n");
}
