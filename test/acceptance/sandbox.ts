import { openSandbox } from "../../scripts/lib/sandbox.mjs";
import { run } from "./engine";

/** A separate host on the same kernel: its own mounts, an empty /run, its own network and processes. */
export class Sandbox {
  private constructor(
    /** The first words of a command that runs in it. */
    readonly enterArgv: readonly string[],
    readonly close: () => Promise<void>,
  ) {}

  /** @param over folders whose usr and etc are mounted over the host's, as if their contents were installed */
  static async open(...over: string[]): Promise<Sandbox> {
    const { enterArgv, close } = await openSandbox({ network: true, over });
    return new Sandbox(enterArgv, close);
  }

  /** Runs `ip` in it, which must succeed, and returns its output. */
  async ip(...args: string[]): Promise<string> {
    const result = await run([...this.enterArgv, "ip", ...args]);
    expect(result).toMatchObject({ code: 0 });
    return result.stdout;
  }
}
