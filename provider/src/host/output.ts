import { LocalnetError } from "../errors";

/** Bytes that a command may print on standard output, and on standard error. No tool prints this much about a host. */
export const defaultOutputBytes = 16 * 1024 * 1024;

/** Bytes kept of output that is only shown in a message. */
export const messageBytes = 64 * 1024;

/** Collects the output of a program in one growing buffer. */
export class Output {
  private memory = Buffer.allocUnsafe(4096);
  length = 0;

  add(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.memory.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.memory.length, length));
      this.bytes.copy(larger);
      this.memory = larger;
    }
    chunk.copy(this.memory, this.length);
    this.length = length;
  }

  get bytes(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  toString(): string {
    return this.bytes.toString("utf8");
  }
}

/** Characters after the word: an exit code and the line end. */
export const maxRest = 8;

/** Collects the output of a program up to an end word. Each byte is searched once. */
export class EndedOutput extends Output {
  private start = -1;
  private searched = 0;

  constructor(private readonly word: string) {
    super();
  }

  override add(chunk: Buffer): void {
    super.add(chunk);
    if (this.start >= 0) return;
    this.start = this.bytes.indexOf(this.word, this.searched);
    // A chunk may end within the word.
    this.searched = Math.max(0, this.length - this.word.length);
  }

  /** Has the line with the word arrived? Only digits follow the word, so only the last bytes are searched. */
  get ended(): boolean {
    return this.start >= 0 && this.lineEnd >= 0;
  }

  /** The text before the word. */
  get text(): string {
    return this.bytes.toString("utf8", 0, this.start);
  }

  /** The text after the word on its line. */
  get rest(): string {
    return this.bytes.toString("utf8", this.start + this.word.length, this.lineEnd);
  }

  private get lineEnd(): number {
    return this.bytes.subarray(0, this.start + this.word.length + maxRest).indexOf("\n", this.start);
  }
}

export function outputError(argv: readonly string[], bytes: number): LocalnetError {
  return new LocalnetError("LN_OUTPUT", `it printed more than ${bytes} bytes, and was killed`, { command: { argv } });
}
