// node scripts/bench-services/inside.mjs OPTIONS: in a sandbox, whose network is the node's; see bench.mjs.
import { byKubeProxy } from "./by-kube-proxy.mjs";
import { byResources } from "./by-resources.mjs";
import { addressOf, network, sendRequests } from "./network.mjs";

const connections = 1000;
const patienceSeconds = 1200;
const { mode, by, count, programs, home } = JSON.parse(process.argv[2] ?? "{}");

await network();
const maker = by === "kube-proxy" ? byKubeProxy({ mode, programs, home }) : byResources({ mode, home });
await maker.prepare(count);
let begin = Date.now();
const made = sendRequests("wait", addressOf(count - 1), patienceSeconds);
await maker.program(count);
const programSeconds = ((await made) - begin) / 1000;

const microseconds = { first: await connect(addressOf(0)), last: await connect(addressOf(count - 1)) };
const megabitsPerSecond = Math.round(await sendRequests("bulk", addressOf(count - 1)));

const added = sendRequests("wait", addressOf(count), patienceSeconds);
begin = await maker.add(count);
const addSeconds = ((await added) - begin) / 1000;
const resources = await maker.resources?.();
console.log(
  JSON.stringify({ programSeconds, addSeconds, microseconds, megabitsPerSecond, ...(resources && { resources }) }),
);
process.exit(0);

/** @param {string} address */
async function connect(address) {
  /** @type {number[]} */
  const times = (await sendRequests("connect", address, connections)).sort(
    (/** @type {number} */ a, /** @type {number} */ b) => a - b,
  );
  const at = (/** @type {number} */ part) => Math.round(times[Math.floor(part * times.length)] ?? 0);
  return { median: at(0.5), p99: at(0.99), connections };
}
