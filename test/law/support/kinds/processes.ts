import type { Values } from "../../../../provider/src/core/check";
import { linksIn, netnsName, reaching } from "../scene";
import type { Shape } from "../shapes";
import { inPlace, place } from "./place";

export const process: Shape = {
  prefix: "x",
  weight: 2,
  base: (scene) => ({ ...inPlace(scene), command: ["sleep", scene.draw.pick(["1000", "2000"])] }),
  inputs: {
    command: ({ draw }) =>
      draw.pick([
        ["sleep", "1000"],
        ["sleep", "2000"],
        ["sh", "-c", "sleep 1000; true"],
      ]),
    environment: ({ draw }) => draw.pick([{ ONE: "1" }, { ONE: "1", TWO: "a b" }]),
    workingDirectory: ({ draw }) => draw.pick(["/", "/tmp"]),
    user: ({ draw }) => draw.pick(["nobody", "daemon", "1"]),
    logFile: ({ draw }) => draw.pick(["/run/user-one.log", "/run/user-two.log"]),
    ready: () => ({ exec: ["true"] }),
    stopTimeoutSeconds: ({ draw }) => draw.pick([1, 5]),
    stopSignal: ({ draw }) => draw.pick(["SIGTERM", "SIGINT", "SIGKILL"]),
  },
};

export const probe: Shape = {
  prefix: "q",
  weight: 1,
  base(scene) {
    const { program, draw } = scene;
    const netns = place(scene);
    const linkAddresses = linksIn(program, netnsName(program, netns))
      .filter(({ up }) => up)
      .flatMap(({ addresses }) => addresses);
    const address = draw.maybe(linkAddresses)?.replace(/\/.*/, "");
    if (address === undefined) return undefined;
    const quick = { attempts: 3, intervalSeconds: 0.1, timeoutSeconds: 1 };
    return { ...(netns !== undefined && { netns }), ping: { address }, ...quick };
  },
  inputs: {
    count: ({ draw }) => draw.int(1, 2),
    triggers: ({ draw }) => [draw.int(1, 3)],
    // A machine at work answers itself after a while.
    maxMilliseconds: ({ draw }) => draw.int(500, 900),
  },
  without: {
    ...{
      http: "asks nothing of the kernel that ping does not",
      ...{ tcp: "the same", udp: "the same", dns: "the same", exec: "the same", expectOutput: "of exec" },
      expect: "what fails takes its time",
    },
    ...{ attempts: "time", intervalSeconds: "time", timeoutSeconds: "time", ping: "is there" },
  },
  needed: (program, { netns, ping }) =>
    reaching(program, netnsName(program, netns), String((ping as Values).address)).map(({ by }) => by),
  fits(program, { inputs: { netns, ping } }) {
    const all = linksIn(program, netnsName(program, netns)).filter(({ up }) => up);
    return all.some(({ addresses }) => addresses.some((each) => each.startsWith(`${(ping as Values).address}/`)));
  },
};
