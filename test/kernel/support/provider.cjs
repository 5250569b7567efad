// A provider in a separate process that is killed during an operation: node provider.cjs PLAN. It runs one operation. The
// command with the number `at` is its last: it is killed by SIGKILL after that one, or by SIGINT, which ^C sends to the whole
// process group, while that one runs. Without a number it ends normally, and prints its commands and the new state.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const dist = join(__dirname, "../../../provider/dist");
const { openHost } = require(join(dist, "host/index.js"));
const { kinds } = require(join(dist, "kinds/index.js"));
const lifecycle = require(join(dist, "core/lifecycle.js"));

const { type, id, state, op, inputs, url, at, by } = JSON.parse(readFileSync(0, "utf8"));
const settings = { sudo: false };
const host = openHost(url, settings);
const commands = [];

if (at === 0) die();
for (const method of ["run", "start"]) {
  const real = host[method];
  host[method] = async (...args) => {
    const number = commands.push(args[0]);
    const done = real.apply(host, args);
    if (number !== at) return done;
    // Over ssh it takes some time until the command runs.
    if (by === "SIGINT") setTimeout(die, url ? 150 : 0);
    await done.finally(() => by === "SIGKILL" && die());
    return new Promise(() => {});
  };
}

const kind = kinds[type];
const operations = {
  create: () => lifecycle.create(kind, inputs, settings),
  update: () => lifecycle.update(kind, id, state, inputs, settings),
  delete: () => lifecycle.remove(kind, id, state, settings),
};
operations[op]().then((made) => {
  if (at !== undefined) die();
  process.stdout.write(JSON.stringify({ commands, made: made ?? null }));
  // The shared connection over ssh stays open.
  process.exit(0);
});

function die() {
  process.kill(by === "SIGINT" ? 0 : process.pid, by);
}
