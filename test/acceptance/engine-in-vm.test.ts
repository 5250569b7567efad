import { changes, root, snapshot, vm } from "./engine";

// What a user on a Linux host has: the engine, the provider and the kernel on one machine. It is emulated, so it is slow.
const { ssh, exec } = vm();
const minutes = 60_000;
const directory = "/tmp/engine-in-vm";
const environment = [
  `PATH=${process.env.PATH}`,
  `PULUMI_BACKEND_URL=file://${directory}`,
  `PULUMI_HOME=${directory}/home`,
  "PULUMI_CONFIG_PASSPHRASE=",
  "PULUMI_SKIP_UPDATE_CHECK=true",
];

async function pulumi(...args: string[]): Promise<string> {
  const target = args[0] === "stack" ? [] : ["--stack", "inside", "--config-file", `${directory}/config.yaml`];
  const ran = await exec(["env", ...environment, "pulumi", "--cwd", root, ...args, ...target, "--non-interactive"], 15);
  if (ran.code) throw new Error(`pulumi ${args.join(" ")}: exit ${ran.code}\n${ran.text}`);
  return ran.text;
}

test(
  "the lab comes up with the engine beside it, a second preview is empty, and destroy leaves the host as it was",
  async () => {
    await exec(["mkdir", "-p", directory]);
    const before = await snapshot(ssh);
    await pulumi("stack", "init", "inside");
    expect(changes(await pulumi("up", "--yes", "--skip-preview"))).toEqual({ created: 27 });
    const rows = JSON.parse(await pulumi("stack", "output", "seen", "--json", "--stack", "inside"));
    expect(rows).toHaveLength(4);
    for (const { saw, must } of rows) expect(saw).toBe(must);
    await pulumi("preview", "--expect-no-changes");
    await pulumi("destroy", "--yes", "--skip-preview");
    expect(await snapshot(ssh)).toEqual(before);
  },
  30 * minutes,
);
