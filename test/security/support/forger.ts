import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { nobody } from "./attacker";

/** Changes its own name. The kernel keeps up to 15 bytes of it, of any value. */
const rename = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(15, os.fsencode(sys.argv[1]), 0, 0, 0)
`;

/** Declares an empty mapping of 4000 GB as its environment. */
const enlarge = `
import mmap, struct
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_int] + [ctypes.c_long]
size = 4000 << 30
area = libc.mmap(None, size, 1, 0x4022, -1, 0)
stat = open("/proc/self/stat").read().rsplit(")", 1)[1].split()
field = lambda number: int(stat[number - 3])
libc.sbrk.restype = ctypes.c_void_p
libc.sbrk.argtypes = [ctypes.c_long]
where = [26, 27, 45, 46, 47]
numbers = [field(each) for each in where] + [libc.sbrk(0), field(28), field(48), field(49), area, area + size, 0]
layout = struct.pack("12QIi", *numbers, 0, -1)
if libc.prctl(35, 14, layout, len(layout), 0) != 0: sys.exit(os.strerror(ctypes.get_errno()))
`;

const wait = `
print("ready", flush=True)
import time
time.sleep(600)
`;

export interface Forgery {
  readonly name?: string;
  readonly environment?: Record<string, string>;
  readonly hugeEnvironment?: boolean;
}

/** A process of the user nobody, in its own session, that poses as another process. */
export async function forge({ name = "forger", environment = {}, hugeEnvironment }: Forgery): Promise<ChildProcess> {
  const user = ["--reuid", String(nobody), "--regid", String(nobody), "--clear-groups"];
  const program = [rename, hugeEnvironment ? enlarge : "", wait].join("\n");
  const argv = [...user, "--", "/usr/bin/python3", "-c", program, name];
  const child = spawn("setpriv", argv, { env: { LC_ALL: "C.UTF-8", ...environment }, detached: true, stdio: "pipe" });
  let problem = "";
  child.stderr.on("data", (data) => {
    problem += data;
  });
  const [ready] = await Promise.race([once(child.stdout, "data"), once(child, "close")]);
  if (!String(ready).startsWith("ready")) throw new Error(`the forger did not start: ${problem}`);
  return child;
}
