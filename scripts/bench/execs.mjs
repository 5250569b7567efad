import { readFileSync } from "node:fs";
import { basename } from "node:path";

/**
 * The command that runs another one and records every program that it or its children start. With a
 * filter in the kernel, all other system calls run at full speed.
 * @param {readonly string[]} argv
 * @param {string} file
 */
export function recorded(argv, file) {
  const only = ["--seccomp-bpf", "-e", "trace=execve,execveat", "--successful-only", "-e", "signal=none"];
  return ["strace", "-f", "-qqq", ...only, "-o", file, "--", ...argv];
}

/**
 * How often each program was started, by the name of its file.
 * @param {string} file
 * @returns {Record<string, number>}
 */
export function programs(file) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(
    /^(?:\d+ +)?execve(?:at)?\((?:\S+, )?"([^"]+)".* = 0$/gm,
  )) {
    const name = basename(path);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
