import type { Values } from "../../../provider/src/core/check";
import { hostUrl, World } from "./world";

export const world = new World();
const netns = world.netns("p");
let count = 0;

/** The inputs of a process, with an owner of its own. */
export function inputs(command: string[], more: Values = {}): Values {
  count += 1;
  return { command, netns, owner: `${world.owner}/${count}`, ...(hostUrl && { host: hostUrl }), ...more };
}

export async function pidsOf(name: string): Promise<string[]> {
  return (await world.run("ip", "netns", "pids", name)).split("\n").filter(Boolean);
}

export const alive = () => pidsOf(netns);

export const shell = (script: string) => ["sh", "-c", script];

export const isAlive = async (pid: unknown) => (await world.try("ls", "-d", `/proc/${pid}`)).exitCode === 0;

/** Makes the namespace, and ends and reports what a test leaves in it. */
export function useProcesses(): void {
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));
  afterEach(async () => {
    const left = await alive();
    // A process that one test leaves must not fail the next test.
    if (left.length > 0) await world.run("kill", "-KILL", ...left);
    expect(left).toEqual([]);
  });
}
