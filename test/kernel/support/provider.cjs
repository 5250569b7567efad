// A provider in a process of its own, that dies on the way: node provider.cjs PLAN. It does one operation, and the
// command with the number `at` is its last: it ends by SIGKILL after that one, or by SIGINT, as ^C sends it to the whole
// process group, while that one runs. Without a number it lives, and prints the commands that it ran and the new state.
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
    // Over ssh the command has first to get there.
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
  // The connection over ssh is shared, and stays.
  process.exit(0);
});

function die() {
  process.kill(by === "SIGINT" ? 0 : process.pid, by);
}
