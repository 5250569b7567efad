import { openSandbox } from "../../scripts/lib/sandbox.mjs";
import { run } from "./engine";

/** A host of its own as far as the kernel can give one: other mounts, an empty /run, its own network and processes. */
export class Sandbox {
  private constructor(
    /** What a command begins with, to run in there. */
    readonly inside: readonly string[],
    readonly close: () => Promise<void>,
  ) {}

  /** @param over folders whose usr and etc are laid over the host's: what is in there is as good as installed. */
  static async open(...over: string[]): Promise<Sandbox> {
    const { enterArgv, close } = await openSandbox({ network: true, over });
    return new Sandbox(enterArgv, close);
  }

  /** Runs `ip` in there, which must succeed, and returns what it prints. */
  async ip(...args: string[]): Promise<string> {
    const result = await run([...this.inside, "ip", ...args]);
    expect(result).toMatchObject({ code: 0 });
    return result.stdout;
  }
}
