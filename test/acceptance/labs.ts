import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./engine";
import { openMachine, openSandbox, openSandboxWithFrr } from "./place";

const folder = join(root, "examples/labs");

/** The labs with features that not every kernel has. */
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

/** The labs that need FRR. */
const withFrr = ["ospf-mesh"];

/** The labs that run on this machine's kernel, or those that need the virtual machine's. */
export const labs = (where: "here" | "machine") =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .filter(({ name }) => inMachine.includes(name) === (where === "machine"))
    .map(({ name }) => ({
      name,
      folder: join(folder, name),
      script: join(folder, name, "by-hand.sh"),
      open: where === "machine" ? openMachine : withFrr.includes(name) ? openSandboxWithFrr : openSandbox,
    }));

/** The labs with a script that makes the same by hand. */
export const scripts = (where: "here" | "machine") => labs(where).filter(({ script }) => existsSync(script));
