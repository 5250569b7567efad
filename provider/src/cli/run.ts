/** Runs the body of a subcommand, and keeps the exit code that it returns. */
export type Run = (body: () => Promise<number>) => Promise<void>;
