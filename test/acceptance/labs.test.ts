import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./engine";
import { bringsUpAndDown } from "./whole-program";

const folder = join(root, "examples/labs");
const labs = readdirSync(folder, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && entry.name !== "node_modules",
);

describe.each(labs.map(({ name }) => name))("%s", (name) => bringsUpAndDown(() => join(folder, name)));
