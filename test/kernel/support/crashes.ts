import type { Values } from "../../../provider/src/core/check";
import { type Fault, note } from "./matrix";
import type { Stage } from "./stage";
import { changing, dying, failing, hanging, inPlaceOf, killedIn, living, type Op, type Strike } from "./strike";
import { hostUrl } from "./world";

const all: readonly Op[] = ["create", "update", "delete"];

/** System calls by which a tool makes changes and gets the kernel's answers. */
function callsOf(argv: readonly string[]): string[] {
  // Each of these works on one file, link or folder, which exists afterwards or does not.
  if (["ln", "rm", "mkdir", "rmdir", "install", "mv"].includes(argv[0] ?? "")) return [];
  if (argv.includes("netns")) return ["mount", "unshare"];
  // They may contain any commands of ip.
  if (argv.includes("-batch")) return ["mount", "unshare", "sendmsg", "recvmsg"];
  if (argv.includes("tee") || argv[0] === "dd") return ["write"];
  if (argv.includes("modprobe")) return ["finit_module"];
  return argv.includes("iptables") ? ["sendmsg"] : ["sendmsg", "recvmsg"];
}

/** At how many points of an operation each fault happens. "rest": those that 1 leaves out. Default: all. */
const wantedPoints = process.env.LOCALNET_TEST_POINTS;

/** Whether this run has the points that a run with one point leaves out. */
export const isRest = wantedPoints === "rest";

/** A command is killed at its first calls of each sort. These are the calls in a run with one point, and in slow runs. */
const fewCalls = 2;
const mostCalls = hostUrl || wantedPoints === "1" ? fewCalls : 8;

/** Selects points. A number of points is taken from the middles of as many equal parts. */
function sample<Point>(points: readonly Point[]): Point[] {
  const parts = Math.min(isRest ? 1 : Number(wantedPoints ?? Number.POSITIVE_INFINITY), points.length);
  const chosenParts = Array.from({ length: parts }, (_, part) => Math.floor(((part + 0.5) * points.length) / parts));
  return points.filter((_, index) => chosenParts.includes(index) !== isRest);
}

/** Lets faults happen at each command of the three operations of a kind, and proves that the kind recovers from each. */
export function crashes(stage: Stage): void {
  const { spec, engine } = stage;
  const ops = all.filter((op) => op !== "update" || stage.update);
  const forgets = spec.faults?.forgets;
  const lossy: readonly Fault[] = ["killed between commands", "killed before the state is written", "^C"];
  if (forgets) for (const fault of lossy) note({ kind: spec.kind.type, fault, cell: "open", why: forgets });

  for (const op of ops) {
    if (!(forgets && op === "create")) {
      let points: number[] = [];
      let last = 0;
      test(`killed between commands: ${op}`, async () => {
        const { commands } = await rehearse(op);
        const changes = changing(spec, commands);
        last = commands.length;
        // A command that only reads needs no point of its own: a death there is a death after the change before it.
        const between = changes.filter((at) => at < last);
        const start = (changes[0] ?? 1) - 1;
        // An update of what is only in the state runs no changing command.
        points = between.length > 0 ? between : [start];
        for (const at of sample([start, ...between])) await dies("killed between commands", op, at, "SIGKILL");
      });
      // It has one point.
      if (!isRest)
        test(`killed before the state is written: ${op}`, async () => {
          expect(last).toBeGreaterThan(0);
          await dies("killed before the state is written", op, last, "SIGKILL");
        });
      test(`^C: ${op}`, async () => {
        expect(points.length).toBeGreaterThan(0);
        for (const at of sample(points)) await dies("^C", op, at, "SIGINT");
      });
    }
    for (const [fault, strike] of [
      ["a command fails", failing],
      ["a command hangs", hanging],
    ] as const) {
      test(`${fault}: ${op}`, async () => {
        await stage.arrange(op);
        const { error, commands } = await inPlaceOf(
          () => undefined,
          () => stage.perform(op),
        );
        if (error) throw error;
        for (const at of sample(commands.map((_, index) => index + 1))) await strikes(fault, op, () => strike(at));
      });
    }
  }

  if (!spec.faults?.impossible?.["killed inside a command"]) {
    test("killed inside a command: create", async () => {
      await stage.arrange("create");
      const result = await inPlaceOf(
        () => undefined,
        () => stage.perform("create"),
      );
      let struck = 0;
      const changingCommands = changing(spec, result.commands).map((number) => result.commands[number - 1] ?? []);
      const commands = changingCommands.filter((argv) => callsOf(argv).length > 0);
      for (const command of isRest ? commands : sample(commands)) {
        const first = isRest && !sample(commands).includes(command) ? fewCalls + 1 : 1;
        for (const call of callsOf(command)) {
          // There may be fewer calls. After a fault that does not happen, there are no more.
          for (let time = first; time <= mostCalls; time++) {
            if (!(await strikes("killed inside a command", "create", () => killedIn(command, call, time)))) break;
            struck++;
          }
        }
      }
      if (!isRest) expect(struck).toBeGreaterThan(0);
    });
  }

  /** Runs the operation without a fault, in a separate provider, to find out its commands. */
  async function rehearse(op: Op): Promise<{ commands: string[][] }> {
    await stage.arrange(op);
    const { commands, made } = await living(engine, op, stage.target(op));
    if (op === "create") [engine.id, engine.state] = [String(made?.id), made?.outputs as Values];
    else engine.state = made ?? undefined;
    await stage.destroys();
    return { commands };
  }

  async function dies(fault: Fault, op: Op, at: number, by: NodeJS.Signals): Promise<void> {
    await counted(fault, `${op}: ${by} after command ${at}`, async () => {
      await stage.arrange(op);
      await dying(engine, op, stage.target(op), at, by);
      await stage.recovers(op);
      // After ^C the kernel has the same objects as after SIGKILL at that point.
      if (op !== "update" || by === "SIGINT") return;
      await stage.arrange(op);
      await dying(engine, op, stage.target(op), at, by);
      await stage.destroys();
    });
  }

  /** Whether the fault happened. */
  async function strikes(fault: Fault, op: Op, strike: () => Strike): Promise<boolean> {
    let error: Error | undefined;
    let where = "";
    const struck = async () => {
      await stage.arrange(op);
      ({ error } = await inPlaceOf(
        (call) => {
          const other = strike()(call);
          if (other) where = `${op}: command ${call.number}, ${call.argv.join(" ")}`;
          return other;
        },
        () => stage.perform(op),
      ));
      if (error) expect(error.message).toMatch(/\[LN_[A-Z]+\]/);
    };
    await counted(
      fault,
      () => where,
      async () => {
        await struck();
        // An operation that succeeds although a command failed must have the right result.
        if (!error && op !== "delete") await stage.converged(stage.target(op));
        await stage.recovers(op);
        if (!error || op === "delete") return;
        await struck();
        await stage.destroys();
      },
    );
    return error !== undefined;
  }

  /** Counts a point, and names it if something was left behind. */
  async function counted(fault: Fault, where: string | (() => string), body: () => Promise<void>): Promise<void> {
    try {
      await body();
      note({ kind: spec.kind.type, fault, tried: 1, converged: 1, leaking: 0 });
    } catch (error) {
      note({ kind: spec.kind.type, fault, tried: 1, converged: 0, leaking: 1 });
      await stage.reset();
      const point = typeof where === "string" ? where : where();
      throw Object.assign(error as Error, { message: `${point}: ${(error as Error).message}` });
    }
  }
}
