import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, type Snapshot, Stack } from "./engine";
import { openSandbox, type Place } from "./place";

const head = `name: by-hand
runtime: yaml
plugins:
  providers:
    - name: localnet
      path: ../../node_modules/pulumi-localnet/bin
`;

/** A script that makes a lab by hand: all of it is listed, imported, and destroyed. */
export function isTakenOver(script: string, open: () => Promise<Place> = openSandbox): void {
  let place: Place;
  let stack: Stack;
  let project: string;
  let before: Snapshot;

  beforeAll(async () => {
    mkdirSync(join(root, ".localnet"), { recursive: true });
    project = mkdtempSync(join(root, ".localnet/by-hand-"));
    writeFileSync(join(project, "Pulumi.yaml"), head);
    place = await open();
    stack = new Stack(project, "test", {}, place.enterArgv);
    before = await place.snapshot();
    await stack.init(place.config);
  });
  afterAll(async () => {
    await place.cleanUp(stack);
    await place.close();
    rmSync(project, { recursive: true });
  });

  /** The objects that can be imported, and those that are left out with their reasons. */
  async function discover(): Promise<{ resources: { id: string; type: string }[]; left: string[] }> {
    const command = join(root, "node_modules/pulumi-localnet/bin/localnet");
    const host = place.config["localnet:host"];
    const { code, stdout, stderr } = await run([
      ...place.enterArgv,
      command,
      "discover",
      ...(host ? ["--host", host] : []),
    ]);
    if (code) throw new Error(stderr);
    const left = stderr.split("\n").filter((line) => line.startsWith("left out: "));
    return { resources: JSON.parse(stdout).resources, left };
  }

  test("all of it is listed, and becomes a program with an empty preview", async () => {
    const old = await discover();
    const { code, text } = await place.exec([script]);
    if (code) throw new Error(`${script}: ${text}`);
    const { resources, left } = await discover();
    expect(left.filter((line) => !old.left.includes(line))).toEqual([]);
    const ours = resources.filter(
      ({ id, type }) => !old.resources.some((each) => each.id === id && each.type === type),
    );
    if (process.env.LOCALNET_TEST_REPORT) console.log(`${script}: ${ours.length} objects listed`);

    const file = join(project, "lab.json");
    writeFileSync(file, JSON.stringify({ resources: ours }));
    const generated = join(project, "lab.yaml");
    const options = ["--out", generated, "--yes", "--skip-preview", "--protect=false"];
    await stack.pulumi(["import", "--file", file, ...options, ...stack.target]);
    writeFileSync(join(project, "Pulumi.yaml"), head + readFileSync(generated, "utf8"));
    await stack.unchanged();
  });

  test("destroy leaves the host as it was before the lab", async () => {
    await stack.destroy();
    expect(await place.snapshot()).toEqual(before);
  });
}
