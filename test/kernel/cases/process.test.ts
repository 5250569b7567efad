import type { Values } from "../../../provider/src/core/check";
import { process as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { eventually } from "../support/world";

contract("that waits", (world) => {
  const netns = world.netns("a");
  const pids = async () => (await world.run("ip", "netns", "pids", netns)).split("\n").filter(Boolean);
  return {
    kind,
    inputs: {
      command: ["sh", "-c", 'echo "up in $PLACE"; sleep 600 & wait', 'a "b" $c'],
      environment: { PLACE: "the lab", QUOTED: 'it\'s "so" $HOME \\ *' },
      workingDirectory: "/usr",
      ready: { exec: ["true"] },
      netns,
    },
    async actual() {
      const [pid] = await pids();
      if (pid === undefined) return undefined;
      const files = `cd /proc/${pid}; tr '\\0' '|' < cmdline; echo; tr '\\0' '\\n' < environ | sort; readlink cwd; cut -d ' ' -f 6 stat`;
      const [command, ...rest] = (await world.script(undefined, files)).trim().split("\n");
      const session = rest.pop();
      const directory = rest.pop();
      // The key of the mark is random.
      const environment = rest.map((each) => each.replace(/^(LOCALNET_KEY)=[0-9a-f]{32}$/, "$1"));
      return { command, directory, environment, leads: session === pid };
    },
    expected: ({ command, environment, workingDirectory }: Values) => ({
      command: (command as string[]).map((word) => `${word}|`).join(""),
      directory: workingDirectory,
      environment: [
        "LC_ALL=C",
        `LOCALNET_ID=localnet:${world.owner}`,
        "LOCALNET_KEY",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ...Object.entries(environment as Values).map(([key, value]) => `${key}=${value}`),
      ],
      leads: true,
    }),
    updates: [],
    replaces: {
      command: ["sleep", "1"],
      environment: {},
      user: "nobody",
      workingDirectory: "/",
      logFile: "/tmp/other.log",
      ready: { exec: ["true"], timeoutSeconds: 3 },
      stopSignal: "SIGINT",
      stopTimeoutSeconds: 1,
      netns: "other",
    },
    drifts: [],
    ignores: [
      {
        what: "the end of a child",
        async by() {
          const [leader = "", child = ""] = await pids();
          expect(leader).not.toBe(child);
          await world.run("sh", "-c", `kill -STOP ${leader}; kill -KILL ${child}`);
        },
      },
    ],
    async vanish() {
      const killed = await pids();
      await world.run("kill", "-KILL", ...killed);
      // A process may still be ending after it has left the namespace.
      const states = `cat ${killed.map((pid) => `/proc/${pid}/stat`).join(" ")} 2>/dev/null || true`;
      await eventually(async () => !/\) [^ZX] /.test(await world.script(undefined, states)));
    },
    parent: { none: "a process stays when its namespace is deleted; see process-end" },
    foreign: { none: "only processes with our mark in their environment are read" },
    faults: {
      tool: "ip",
      obstacle: {
        what: "a stopped process, which reacts only to SIGKILL",
        op: "delete",
        async make() {
          await world.run("kill", "-STOP", ...(await pids()));
        },
        clear: async () => undefined,
      },
      impossible: {
        "no kernel module": "a process needs none",
        "no permission": "a process and its log are their user's own; the namespace is refused to it as to a Probe",
        "killed inside a command": "what is started is not waited for; killed on its way it is one that ended at once",
      },
    },
    reads: (argv) => argv.at(-1) === "true",
  };
});

everyInput(kind);
everyDrift(kind);
