import { main } from "../../../provider/src/cli/command";
import { check, type Values } from "../../../provider/src/core/check";
import { create } from "../../../provider/src/core/lifecycle";
import { kinds } from "../../../provider/src/kinds";
import { hostUrl, settings } from "./world";

/** Creates a resource of a stack, and forgets its state. */
export async function createUnrecorded(type: string, owner: string, values: Values): Promise<void> {
  const kind = kinds[type];
  if (!kind) throw new Error(type);
  const { inputs } = check(kind, { ...values, owner, ...(hostUrl !== undefined && { host: hostUrl }) });
  await create(kind, inputs, settings);
}

interface Row {
  readonly type: string;
  readonly id: string;
  readonly result: string;
  readonly reason?: string;
  readonly along: string[];
}

/** Runs `localnet clean`, and returns its output and its exit code. */
export async function clean(...args: string[]): Promise<{ code: number; rows: Row[] }> {
  const printed: string[] = [];
  const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => Boolean(printed.push(String(text))));
  const where = hostUrl === undefined ? [] : ["--host", hostUrl];
  const code = await main(["clean", ...where, "--json", ...args]);
  write.mockRestore();
  return { code, rows: JSON.parse(printed.join("")) };
}
