import { type Host, withReadCache } from "../../provider/src/host";
import { prefetch, withCommandCache } from "../../provider/src/host/command-cache";
import { enter } from "../../provider/src/host/netns";
import { failure } from "./support/contract";
import { testHost, World } from "./support/world";

// The module itself, so that a function can be spied on.
const processes: typeof import("node:child_process") = require("node:child_process");

const world = new World();
const [first, second, ...others] = Array.from({ length: 20 }, (_, index) => world.netns(String(index)));
const samples = [first, second] as string[];
const host = testHost();

beforeAll(async () => {
  await world.build();
  for (const [index, name] of others.entries())
    await world.run("ip", "-n", name, "addr", "add", address(index), "dev", "lo");
});
afterAll(async () => {
  expect(await world.cleanUp()).toEqual([]);
});

const address = (index: number) => `10.9.0.${index + 1}/32`;

/** Runs a command in a new process, not in one of the host's shells. */
const ip = (netns: string, ...words: string[]) => enter(netns, ["env", "ip", ...words]);

type Query = (host: Host, netns: string) => Promise<unknown>;

/** What is answered in a look ahead, how many processes that took, and how many the others took after it. */
async function queryAll(query: Query): Promise<{ answers: unknown[]; begun: number; after: number }> {
  const spawn = jest.spyOn(processes, "spawn");
  try {
    return await withReadCache(() =>
      withCommandCache(async () => {
        for (const name of samples) await query(host, name);
        await prefetch(host, samples, others);
        const begun = spawn.mock.calls.length;
        const answers = await Promise.all(others.map((name) => query(host, name)));
        return { answers, begun, after: spawn.mock.calls.length - begun };
      }),
    );
  } finally {
    spawn.mockRestore();
  }
}

test("what was read of two namespaces is read of all others by few processes, and each gets its own answer", async () => {
  const show: Query = async (each, name) => (await each.run(ip(name, "-o", "-4", "addr", "show", "dev", "lo"))).stdout;
  const { answers, begun, after } = await queryAll(show);
  expect(answers).toEqual(others.map((_, index) => expect.stringContaining(` ${address(index)} `)));
  expect(after).toBe(0);
  // Two samples, and two processes for all eighteen. Over ssh, existing shells run them.
  if (host.isLocal) expect(begun).toBe(4);
});

test("words, standard input, both outputs and the exit code are as without sharing", async () => {
  const words = ["", "a b", "'\"`$(id)${HOME}\\", "two\nlines", "*", "-n"];
  const script = 'printf "<%s>" "$@"; cat; echo "to stderr" >&2; exit 7';
  const argv = (name: string) => enter(name, ["sh", "-c", script, "x", ...words]);
  const query: Query = (each, name) => each.run(argv(name), { input: "in\\n%s\nput", accept: [7] });
  const { answers, after } = await queryAll(query);
  const alone = await host.run(argv(samples[0] as string), { input: "in\\n%s\nput", accept: [7] });
  expect(alone.stdout).toContain("<two\nlines>");
  expect(answers).toEqual(others.map(() => alone));
  expect(after).toBe(0);
});

test("a failure concerns only its command, and what is read of one namespace alone is not read of the others", async () => {
  const missing: Query = (each, name) => failure(() => each.run(ip(name, "link", "show", "dev", "none0")));
  const { answers, after } = await queryAll(missing);
  expect(answers).toEqual(others.map(() => expect.objectContaining({ summary: expect.stringContaining("none0") })));
  expect(after).toBe(0);
  const onlyFirst: Query = (each, name) => (name === samples[0] ? each.run(ip(name, "link")) : Promise.resolve());
  if (host.isLocal) expect(await queryAll(onlyFirst)).toMatchObject({ begun: 1, after: 0 });
});
