import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { commandLoop } from "../../../provider/src/host/shell";
import type { Thing } from "./kernel-state";

/** The processes that were there before any test: this one among them. */
const before = new Set(pids());

function pids(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

/** A key that is drawn anew for each process, and its digest in the ledger. */
export const drawn = /\b([0-9a-f]{32}|[0-9a-f]{64})\b/g;

/** The processes that run for somebody, and where. */
export function processObjects(): Thing[] {
  return strangers().flatMap((pid) => {
    try {
      const read = (file: string) =>
        readFileSync(join("/proc", pid, file), "utf8")
          .split("\0")
          .filter(Boolean);
      const command = read("cmdline").join(" ");
      if (command === "") return [];
      const environ = read("environ").sort();
      const mark = environ.find((each) => each.startsWith("LOCALNET_ID="));
      const is = {
        environ: environ
          .filter((each) => each !== mark)
          .join(" ")
          .replace(drawn, "by lot"),
        directory: readlinkSync(join("/proc", pid, "cwd")),
        output: readlinkSync(join("/proc", pid, "fd/1")),
        namespace: nameOf(statSync(join("/proc", pid, "ns/net")).ino),
      };
      return [{ id: `process ${mark ?? "without a mark"}: ${command}`, sort: "process", is }];
    } catch {
      // It has ended.
      return [];
    }
  });
}

/** The processes that are neither of the tests' own nor ended. */
export function strangers(): string[] {
  return pids().filter((pid) => {
    if (before.has(pid)) return false;
    try {
      const [, state = "", parent] =
        /^\d+ \(.*\) (\w) (\d+)/s.exec(readFileSync(join("/proc", pid, "stat"), "utf8")) ?? [];
      return !"ZX".includes(state) && !(parent === String(process.pid) && isShell(pid));
    } catch {
      return false;
    }
  });
}

/** Is it a shell in which a provider of this process runs the host's tools? It ends with the provider. */
function isShell(pid: string): boolean {
  return readFileSync(join("/proc", pid, "cmdline"), "utf8") === ["sh", "-c", commandLoop(""), ""].join("\0");
}

function nameOf(inode: number): string {
  if (statSync("/proc/self/ns/net").ino === inode) return "the host's own";
  try {
    const names = readdirSync("/run/netns");
    return names.find((name) => statSync(join("/run/netns", name)).ino === inode) ?? "one without a name";
  } catch {
    return "one without a name";
  }
}
