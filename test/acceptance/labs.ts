import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./engine";

const folder = join(root, "examples/labs");

/** The labs that need what not every kernel has. */
const inMachine = [
  "bridge-filter",
  "ip-tunnels",
  "ipsec-tunnel",
  "ipvs-forwarding",
  "ipvs-hairpin",
  "quiet-pair",
  "shaping",
  "vlan-trunk",
  "vrf-leaking",
  "vxlan-in-vrf",
];

/** What a lab needs that the tests do not install, since it starts services of its own; where it is missing, the lab is left out. */
const installed: Readonly<Record<string, string>> = { "ospf-mesh": "/usr/lib/frr/ospfd" };

/** The labs that run on this machine's kernel, or those that need the virtual machine's. */
export const labs = (where: "here" | "machine") =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .filter(({ name }) => existsSync(installed[name] ?? folder))
    .filter(({ name }) => inMachine.includes(name) === (where === "machine"))
    .map(({ name }) => ({ name, folder: join(folder, name), script: join(folder, name, "by-hand.sh") }));

/** Those with the commands that make the same by hand. */
export const scripts = (where: "here" | "machine") => labs(where).filter(({ script }) => existsSync(script));
