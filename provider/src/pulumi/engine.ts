import { fstatSync } from "node:fs";
import { createServer } from "node:http2";
import { interrupt, throwIfInterrupted } from "../host/interrupt";

const cancelPath = "/pulumirpc.ResourceProvider/Cancel";

let listening = false;
let running = 0;
let orphaned = false;

/** For the dynamic provider's process: stops its work when the user interrupts the engine, or when the engine is killed. */
export function listenToEngine(): void {
  if (listening) return;
  listening = true;
  interruptOnCancel();
  endWithEngine();
}

/** Runs an operation for the engine. */
export async function operation<T>(body: () => Promise<T>): Promise<T> {
  throwIfInterrupted();
  running += 1;
  try {
    return await body();
  } finally {
    running -= 1;
    exitWhenIdle();
  }
}

/** The engine calls Cancel on ^C, and the SDK's method for that is empty (pulumi/pulumi#14054). */
function interruptOnCancel(): void {
  const server = Object.getPrototypeOf(createServer());
  const { emit } = server;
  server.emit = function (event: string, ...args: unknown[]) {
    const headers = event === "stream" ? (args[1] as Record<string, unknown>) : undefined;
    if (headers?.[":path"] === cancelPath) interrupt();
    return emit.call(this, event, ...args);
  };
}

/** The engine holds the other end of standard input. It closes whenever the engine ends, for whatever reason. */
export function endWithEngine(): void {
  if (!fstatSync(0).isFIFO()) return;
  process.stdin.resume().once("end", () => {
    orphaned = true;
    interrupt();
    exitWhenIdle();
  });
}

function exitWhenIdle(): void {
  if (orphaned && running === 0) process.exit();
}
