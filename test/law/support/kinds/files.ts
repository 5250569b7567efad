import { resourcesIn } from "../scene";
import type { Shape } from "../shapes";

const paths = ["/run/text-one", "/run/text-two", "/run/text-three"];

export const file: Shape = {
  prefix: "t",
  weight: 1,
  base: ({ draw }) => ({ path: draw.pick(paths), content: draw.pick(["", "one\n"]) }),
  inputs: {
    path: ({ draw }) => draw.pick(paths),
    content: ({ draw }) => draw.pick(["", "one\n", "two lines\n-n \\ $(id)\n"]),
    mode: ({ draw }) => draw.pick(["600", "0755"]),
  },
  // The folder is every program's.
  fits: (program, { name, inputs }) =>
    resourcesIn(program, "", "File").every((each) => each.name === name || each.inputs.path !== inputs.path),
};

export const netns: Shape = {
  prefix: "n",
  weight: 3,
  onlyNamed: ["name"],
  base: () => ({}),
  inputs: {
    files: ({ draw }) => draw.pick([{ hosts: "192.0.2.1 one\n" }, { hosts: "", "resolv.conf": "search two\n" }]),
  },
  without: { pid: "a program has no process whose namespace is not its own" },
};
