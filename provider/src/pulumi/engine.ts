import { fstatSync } from "node:fs";
import { createServer } from "node:http2";
import { interrupt, throwIfInterrupted } from "../host/interrupt";

const cancelPath = "/pulumirpc.ResourceProvider/Cancel";

let listening = false;
let running = 0;
let orphaned = false;

/** Hears from the engine, in the process of the dynamic provider, when the user interrupts it or it is killed. */
export function listenToEngine(): void {
  if (listening) return;
  listening = true;
  hearCancel();
  endWithEngine();
}

/** An operation for the engine. */
export async function operation<T>(body: () => Promise<T>): Promise<T> {
  throwIfInterrupted();
  running += 1;
  try {
    return await body();
  } finally {
    running -= 1;
    leave();
  }
}

/** The engine tells its providers of ^C, but SDK's answer to that call is an empty method (pulumi/pulumi#14054). */
function hearCancel(): void {
  const server = Object.getPrototypeOf(createServer());
  const { emit } = server;
  server.emit = function (event: string, ...args: unknown[]) {
    const headers = event === "stream" ? (args[1] as Record<string, unknown>) : undefined;
    if (headers?.[":path"] === cancelPath) interrupt();
    return emit.call(this, event, ...args);
  };
}

/** The engine holds the other end of standard input; this process would outlive a kill of it for ever. */
export function endWithEngine(): void {
  if (!fstatSync(0).isFIFO()) return;
  process.stdin.resume().once("end", () => {
    orphaned = true;
    interrupt();
    leave();
  });
}

function leave(): void {
  if (orphaned && running === 0) process.exit();
}
