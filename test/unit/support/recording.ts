import type { Host, Result, RunOptions, StartOptions } from "../../../provider/src/host";

interface Started {
  readonly argv: readonly string[];
  readonly options: StartOptions;
}

/** A host that runs nothing. It records the commands and returns the given results. It proves only arguments. */
export class RecordingHost implements Host {
  readonly runDirectory = "/run/pulumi-localnet";
  readonly isLocal = false;
  readonly hasOwnNetwork = true;
  readonly access = async () => ({ answers: true });
  readonly commands: string[][] = [];
  readonly inputs: (string | undefined)[] = [];
  readonly started: Started[] = [];

  constructor(private readonly answer: (argv: readonly string[]) => Partial<Result> = () => ({})) {}

  async run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
    // The lines of a list that ip reads count as commands.
    const list = argv.includes("-batch") ? options.input?.trimEnd().split("\n") : undefined;
    const begin = argv.slice(0, argv.indexOf("-batch"));
    this.commands.push(...(list?.map((line) => [...begin, ...line.split(" ")]) ?? [[...argv]]));
    this.inputs.push(list ? undefined : options.input);
    return { exitCode: 0, stdout: "", stderr: "", ...this.answer(argv) };
  }

  async start(argv: readonly string[], options: StartOptions): Promise<void> {
    this.started.push({ argv, options });
  }

  async checkFolder(): Promise<void> {}

  during<T>(_argv: readonly string[], _timeoutSeconds: number, body: () => Promise<T>): Promise<T> {
    return body();
  }

  /** Each command as one line. */
  get lines(): string[] {
    return this.commands.map((argv) => argv.join(" "));
  }
}
