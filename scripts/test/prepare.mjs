import { delimiter } from "node:path";
import { ensureDebian } from "../lib/debian.mjs";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";
import { ensureFrr, ensureSshd } from "../lib/unpacked.mjs";
import { which } from "../lib/which.mjs";
import { pulumiEnv } from "../pulumi-cli/pulumi.mjs";
import { ensurePulumiGo } from "../pulumi-cli/pulumi-go.mjs";
import { ensurePulumiYaml } from "../pulumi-cli/pulumi-yaml.mjs";
import { startVm, stopVm, vmPackages } from "../vm/vm.mjs";
import { ensureNode24 } from "./node24.mjs";
import { openSandboxHost } from "./sandbox-host.mjs";

/** What tests run on a host. */
const packages = [
  ...[
    "iproute2",
    "iptables",
    "ipvsadm",
    "iputils-ping",
    "bind9-dnsutils",
    "netcat-openbsd",
    "curl",
    "procps",
    "kmod",
    "ipset",
    "ethtool",
    "strace",
    "dnsmasq-base",
    "busybox",
  ],
  ...["perl-base", "python3", "sudo", "nftables", "wireguard-tools", "tcpdump", "openssl", "fish", "zsh"],
];

/** The virtual machines of a run. A layer that needs one uses the first. Layers with two workers use both. */
const machineNames = /** @type {const} */ (["test-1", "test-2"]);
/** The virtual machine of the layers on Debian 13. */
const debian13 = "test-debian-13";
/** @type {Map<string, ReturnType<typeof startVm>>} */
const machines = new Map();
/** @type {Awaited<ReturnType<typeof openSandboxHost>> | undefined} */
let sandbox;

/** @typedef {keyof typeof needs} Need */

/** What a layer may need. Each function gets it, and returns variables for the environment of the tests. */
const needs = {
  /** Debian packages. */
  packages: async () => {
    await ensureDebian(packages);
    return {};
  },
  /** The build, from which a separate process runs the provider that is killed. */
  build: async () => {
    await output(["npm", "run", "build"], { cwd: root });
    return {};
  },
  /** The newest supported Node.js, in place of the one that runs this script. */
  node24: async () => ({ PATH: [await ensureNode24(), process.env.PATH].filter(Boolean).join(delimiter) }),
  /** The same, for user projects that the tests make. */
  "node24 for packages": async () => ({ LOCALNET_TEST_NODE24: await ensureNode24() }),
  /** The routing daemons of FRR. */
  frr: async () => {
    const unpacked = await ensureFrr();
    return unpacked ? { LOCALNET_TEST_FRR: unpacked } : {};
  },
  /** The ssh server. */
  sshd: async () => {
    const unpacked = await ensureSshd();
    return unpacked ? { LOCALNET_TEST_SSHD: unpacked } : {};
  },
  /** A host on this machine's kernel that is reached over ssh. */
  "sandbox host": async () => {
    sandbox ??= await openSandboxHost(await ensureSshd());
    return setEnvironment(sandbox);
  },
  /** The CLI, with its language hosts for Node.js and YAML. */
  pulumi: async () => {
    const { PATH } = pulumiEnv(await ensurePulumiYaml());
    return { ...(PATH && { PATH }), PULUMI_SKIP_UPDATE_CHECK: "true" };
  },
  /** The CLI with its language host for Go, and the generator of SDKs. Tests that need them fail without Go. */
  go: async () => {
    if (!which("go")) return {};
    const { path, generator } = await ensurePulumiGo();
    const { PATH } = pulumiEnv(path);
    return { ...(PATH && { PATH }), LOCALNET_TEST_GENERATE_SDK: generator };
  },
  machine: async () => setEnvironment(await machine(machineNames[0])),
  "machine with Debian 13": async () => setEnvironment(await machine(debian13, "debian-13")),
  machines: async () => {
    const both = await Promise.all(machineNames.map((name) => machine(name)));
    return { LOCALNET_TEST_SSH_CONFIGS: both.map(({ sshConfig }) => sshConfig).join(delimiter) };
  },
};

/**
 * Gets what a layer needs.
 * @param {Need[]} names
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function prepare(names) {
  /** @type {NodeJS.ProcessEnv} */
  const env = {};
  for (const name of names) Object.assign(env, await needs[name]());
  return env;
}

/**
 * Begins to start the machines that any of these needs, since that takes long.
 * @param {Need[]} names
 */
export function prepareAhead(names) {
  const wanted = names.includes("machines") ? machineNames : names.includes("machine") ? machineNames.slice(0, 1) : [];
  // A failure is reported where the machine is needed.
  for (const name of wanted) machine(name).catch(() => {});
}

/** @param {{ host: string, sshConfig: string }} host */
function setEnvironment({ host, sshConfig }) {
  return { LOCALNET_TEST_HOST: host, LOCALNET_SSH_CONFIG: sshConfig };
}

/**
 * Returns a machine. It is new at the first call, and the same one for the rest of the run.
 * @param {string} name
 * @param {import("../vm/systems.mjs").SystemName} [system]
 */
function machine(name, system) {
  const known = machines.get(name);
  if (known) return known;
  const started = ensureDebian([...packages, ...vmPackages])
    .then(() => stopVm(name))
    .then(() => startVm(name, system));
  machines.set(name, started);
  return started;
}

export async function closeHosts() {
  await sandbox?.close();
  sandbox = undefined;
  for (const [name, started] of machines) {
    await started.catch(() => {});
    await stopVm(name);
  }
  machines.clear();
}
