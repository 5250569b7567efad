import { existsSync } from "node:fs";
import { type Result, run, type Snapshot, type Stack, snapshot, vm } from "./engine";
import { Sandbox } from "./sandbox";

/** A host on which a program makes its objects. */
export interface Place {
  /** The first words of the CLI's command line; see Sandbox. */
  readonly enterArgv: readonly string[];
  /** The stack's configuration. */
  readonly config: Record<string, string>;
  /** Runs a command on the host. */
  exec(argv: readonly string[]): Promise<Result>;
  snapshot(): Promise<Snapshot>;
  /** Removes what a test left there. */
  cleanUp(stack: Stack): Promise<void>;
  close(): Promise<void>;
}

/** This machine's kernel, with a separate network, mounts and processes. */
export async function openSandbox(...over: string[]): Promise<Place> {
  const sandbox = await Sandbox.open(...over);
  const { enterArgv } = sandbox;
  return {
    enterArgv,
    config: {},
    exec: (argv) => run([...enterArgv, ...argv]),
    snapshot: () => snapshot([], enterArgv),
    // All objects disappear with the sandbox.
    cleanUp: async (stack) => stack.removeState(),
    close: () => sandbox.close(),
  };
}

/** The same with FRR. Debian's package starts services, so if it is not installed, it is only unpacked for the sandbox. */
export function openSandboxWithFrr(): Promise<Place> {
  if (existsSync("/usr/lib/frr/zebra")) return openSandbox();
  const unpacked = process.env.LOCALNET_TEST_FRR;
  if (unpacked) return openSandbox(unpacked);
  throw new Error("LOCALNET_TEST_FRR is not set: run npm test acceptance, or install FRR");
}

/**
 * Modules of labs that add settings or links. A module that is loaded by hand stays, and so do its links and settings,
 * which do not count as left by a lab.
 */
const modules = [
  ...["br_netfilter", "ip_vs", "vrf", "tcp_bbr", "dummy", "ifb", "bonding"],
  ...["ipip", "sit", "ip_gre", "ip6_tunnel", "ip6_gre", "ip_vti", "ip6_vti"],
];

/** The virtual machine, whose kernel has all types of links. It loads modules when needed, and keeps them. */
export async function openMachine(): Promise<Place> {
  const { host, ssh, exec } = vm();
  const { code, text } = await exec(["modprobe", "--all", ...modules]);
  if (code) throw new Error(text);
  return {
    enterArgv: [],
    config: { "localnet:host": host },
    exec: (argv) => exec(argv, 5),
    snapshot: async () => ({ ...(await snapshot(ssh)), modules: [] }),
    cleanUp: (stack) => stack.dispose(),
    close: async () => {},
  };
}
