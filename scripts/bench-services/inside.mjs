// node scripts/bench-services/inside.mjs OPTIONS: in a sandbox, whose network is the node's, or beside a machine; see bench.mjs.
import { addressOf } from "../../bench/node.js";
import { byKubeProxy } from "./by-kube-proxy.mjs";
import { byPulumi } from "./by-pulumi.mjs";
import { network, sendRequests } from "./network.mjs";
import { clear, firstAndLast, kernelBytes, placeOf } from "./place.mjs";

const connections = 1000;
const patienceSeconds = 1200;
const { mode, by, count, programs, home, sshConfig } = JSON.parse(process.argv[2] ?? "{}");

const place = placeOf(sshConfig);
await clear(place);
await network(place);
const maker = await (by === "kube-proxy" ? byKubeProxy : byPulumi)({ mode, by, programs, home, place });
await maker.prepare(count);
const bytesBefore = await kernelBytes(place);

let begin = Date.now();
const made = answered(count - 1);
await maker.program(count);
const programSeconds = ((await made) - begin) / 1000;
const added = answered(count);
begin = await maker.add(count);
const addSeconds = ((await added) - begin) / 1000;
// What it made stays, and nothing else is at work while connections are measured.
await maker.stop?.();
const tableBytes = (await kernelBytes(place)) - bytesBefore;

const ends = await firstAndLast(place, mode, count);
const [first = [], last = []] = await sendRequests(place, "connect", ends, connections);
const microseconds = { first: summary(first), last: summary(last) };
const megabitsPerSecond = Math.round(await sendRequests(place, "bulk", ends.slice(1)));
const resources = await maker.resources?.();
const result = { programSeconds, addSeconds, microseconds, megabitsPerSecond, resources };
// Of Pulumi's run the kernel has as much for what goes on in the machine.
const isAlone = sshConfig !== undefined && by === "kube-proxy";
console.log(JSON.stringify({ ...result, ...(isAlone && { kernelKilobytes: Math.round(tableBytes / 1024) }) }));
process.exit(0);

/** When a client is answered, and who makes the service has nothing left to do for it. @param {number} index */
async function answered(index) {
  await sendRequests(place, "wait", [addressOf(index)], patienceSeconds);
  await maker.isDone?.(index);
  return Date.now();
}

/** @param {number[]} times */
function summary(times) {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (/** @type {number} */ part) => Math.round(sorted[Math.floor(part * sorted.length)] ?? 0);
  return { median: at(0.5), p99: at(0.99), connections };
}
