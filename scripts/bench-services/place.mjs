import { addressOf } from "../../bench/node.js";
import { output, start } from "../lib/run.mjs";
import { quoted, vmHost } from "../vm/vm.mjs";

/**
 * Where the services are: where this runs, or in a throwaway machine.
 * @typedef {object} Place
 * @property {string} [sshConfig] of the machine
 * @property {number} waitSeconds after which a connection that is not answered is tried again
 * @property {(argv: string[]) => Promise<string>} output of a command there
 * @property {(argv: string[]) => ReturnType<typeof start>} start a command there
 */

/** @param {string} [sshConfig] @returns {Place} */
export function placeOf(sshConfig) {
  const enter = (/** @type {string[]} */ argv) =>
    sshConfig ? ["ssh", "-F", sshConfig, new URL(vmHost).hostname, argv.map(quoted).join(" ")] : argv;
  return {
    ...(sshConfig && { sshConfig }),
    // Emulated, it takes its time to connect.
    waitSeconds: sshConfig ? 0.5 : 0.05,
    output: (argv) => output(enter(argv)),
    start: (argv) => start(enter(argv), { stdio: "ignore" }),
  };
}

/** What commands that a measurement starts are made of: in the machine's memory, so that no file of the host is read. */
const tools = ["ip", "iptables-restore", "iptables-save", "nft", "ipset", "ipvsadm", "conntrack", "python3"];

/** A machine with none of what another run made, nor what it has by itself. @param {Place} place */
export async function clear(place) {
  if (!place.sshConfig) return;
  const script = `
    modprobe -a ip_vs ip_vs_rr ip_set dummy nft_numgen nft_fib_ipv4 nft_masq
    nft flush ruleset; ipvsadm -C; conntrack -F 2> /dev/null
    ipset list -n | xargs -rn1 ipset destroy
    ip link show kube-ipvs0 > /dev/null 2>&1 && ip link del kube-ipvs0
    for pod in $(ip netns list | cut -d" " -f1); do ip netns pids $pod | xargs -r kill; ip netns delete $pod; done
    files=$(for tool in ${tools.join(" ")}; do which $tool; ldd $(which $tool) | grep -o ' /[^ ]*'; done)
    touch -c $files /usr/lib/python3.*/*.py
    sleep 2`;
  await place.output(["sh", "-c", script]);
}

/**
 * The addresses of the services that a packet is compared with first and last: kube-proxy writes its chain in an order of
 * chance. Maps have no first and last.
 * @param {Place} place
 * @param {string} mode
 * @param {number} count
 */
export async function firstAndLast(place, mode, count) {
  if (mode !== "iptables") return [addressOf(0), addressOf(count - 1)];
  const rules = await place.output(["iptables-save", "-t", "nat"]);
  const addresses = [...rules.matchAll(/^-A KUBE-SERVICES -d (10\.96\.[\d.]+)\/32 /gm)].map(
    ([, address = ""]) => address,
  );
  return [addresses.at(0) ?? "", addresses.at(-1) ?? ""];
}

/** Bytes that the kernel has for itself and cannot give back: where nothing else goes on, a difference is of its tables. */
export async function kernelBytes(/** @type {Place} */ place) {
  const text = await place.output(["cat", "/proc/meminfo"]);
  const of = (/** @type {string} */ name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]);
  return of("SUnreclaim") + of("VmallocUsed") + of("Percpu");
}
