import type { Divergence } from "./kernel-state";
import type { Outcome, Step } from "./state";

/** The law is broken. */
export class Broken extends Error {
  readonly sort: string;

  constructor(
    readonly divergences: readonly Divergence[],
    what: string,
  ) {
    const sorts = [...new Set(divergences.map(({ sort }) => sort))].sort();
    const texts = divergences.slice(0, 40).map(({ text }) => `  ${text}`);
    super([...sorts.slice(0, 6), `${what}:`, ...texts].join("\n"));
    this.sort = sorts.slice(0, 6).join(", ");
  }
}

export function named(what: string, require: readonly Divergence[]): Divergence[] {
  return require.map(({ sort, text }) => ({ sort: `${what}: ${sort}`, text }));
}

export function failures(what: string, { errors }: Outcome): Divergence[] {
  return errors.map(({ step, message }) => {
    const code = /\[(LN_\w+)\]/.exec(message)?.[1] ?? "an error";
    const stderr =
      /stderr: (.*)/
        .exec(message)?.[1]
        ?.replace(/"[^"]*"|\d+/g, "_")
        .slice(0, 60) ?? "";
    return {
      sort: `${what}: ${step.type} ${step.op} ${code} ${stderr}`.trim(),
      text: `${step.name}: ${step.op}: ${message}`,
    };
  });
}

export function stepped(during: string): (step: Step) => Divergence {
  return (step) => {
    const what = step.op === "refresh" ? ` ${step.what?.replace(/:.*/s, "")}` : "";
    return { sort: `${during}: ${step.type} ${step.op}${what}`, text: stepText(step) };
  };
}

export function stepText({ name, type, op, what = "" }: Step): string {
  return `${type} ${name}: ${op} ${what}`;
}
