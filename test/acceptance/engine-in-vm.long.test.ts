import { changes, snapshot, vm } from "./engine";
import { lab } from "./providers";

// The engine, the provider and the kernel on one machine, as on a user's Linux host. It is emulated, and slow.
const { ssh, exec } = vm();
const minutes = 60_000;
const directory = "/tmp/engine-in-vm";
const environment = [
  `PATH=${process.env.PATH}`,
  `PULUMI_BACKEND_URL=file://${directory}`,
  `PULUMI_HOME=${directory}/home`,
  "PULUMI_CONFIG_PASSPHRASE=",
  "PULUMI_SKIP_UPDATE_CHECK=true",
  "PULUMI_NODEJS_TRANSPILE_ONLY=true",
];

async function pulumi(project: string, ...args: string[]): Promise<string> {
  const argv = ["env", ...environment, "pulumi", "--cwd", project, ...args, "--stack", "inside", "--non-interactive"];
  const result = await exec(argv, 15);
  if (result.code) throw new Error(`pulumi ${args.join(" ")}: exit ${result.code}\n${result.text}`);
  return result.text;
}

test.each(lab())(
  "%s: the lab comes up with the engine beside it, and destroy leaves the host as it was",
  async (_, project) => {
    await exec(["mkdir", "-p", directory]);
    const before = await snapshot(ssh);
    await pulumi(project, "stack", "init");
    const file = ["--config-file", `${directory}/config.yaml`];
    expect(changes(await pulumi(project, "up", "--yes", "--skip-preview", ...file))).toEqual({ created: 27 });
    // Read from the state, since the CLI takes half a minute here.
    const state = await exec(["cat", `${directory}/.pulumi/stacks/ipvs-lab/inside.json`]);
    const [stack] = JSON.parse(state.stdout).checkpoint.latest.resources;
    const rows = stack.outputs.seen;
    expect(rows).toHaveLength(4);
    for (const { saw, must } of rows) expect(saw).toBe(must);
    await pulumi(project, "destroy", "--yes", "--skip-preview", "--remove", ...file);
    expect(await snapshot(ssh)).toEqual(before);
  },
  30 * minutes,
);
