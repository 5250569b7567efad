import { errnoOf } from "./files";

/** Ends a command with all its children that have no session of their own. */
export function killGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, "SIGKILL");
  } catch (error) {
    // The group may have ended, while a child in another session keeps its output open; or sudo runs it, as root.
    if (!["ESRCH", "EPERM"].includes(errnoOf(error))) throw error;
  }
}
