import { errnoOf } from "./files";

/** Ends a command with all its children that have no session of their own. */
export function killGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, "SIGKILL");
  } catch (error) {
    // All of it may have ended, and left its output open to a child of another session; or sudo runs it, as root.
    if (!["ESRCH", "EPERM"].includes(errnoOf(error))) throw error;
  }
}
