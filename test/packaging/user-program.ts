import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { changes, run, Stack, snapshot } from "../acceptance/engine";
import { Sandbox } from "../acceptance/sandbox";

/** A user's program: twenty lines in a project outside of this repository. */
const program = (path: string) => `
import * as pulumi from "@pulumi/pulumi";
import { Bridge, Netns, Probe, Process, Route, VethPair } from "${path}";

const mtu = new pulumi.Config().getNumber("mtu") ?? 1500;
const router = new Netns("lnp-router");
const pod = new Netns("lnp-pod");
const bridge = new Bridge("br0", { netns: router, addresses: ["10.91.0.1/24"], mtu });
const veth = new VethPair("veth0", {
  netns: router,
  master: bridge,
  mtu,
  peer: { name: "eth0", netns: pod, addresses: ["10.91.0.2/24"], mtu },
});
const route = new Route("default", { netns: pod, destination: "default", via: "10.91.0.1" }, { dependsOn: [bridge, veth] });
const server = new Process("server", {
  netns: pod,
  command: ["python3", "-m", "http.server", "--directory", "/usr/share/common-licenses", "80"],
  ready: { http: { url: "http://10.91.0.2" } },
}, { dependsOn: veth });
const probe = new Probe("probe", { netns: router, http: { url: "http://10.91.0.2/GPL-3" }, triggers: [mtu] }, { dependsOn: [server, route] });

export const mac: pulumi.Output<string> = veth.peerMacAddress;
export const answered = probe.results.ok;
`;

/** A user's test, which only has to compile. */
const testProgram = (path: string) => `
import { Netns } from "${path}";
import { type ExecResult, LabUnavailable, network, unavailable } from "pulumi-localnet/testing";

export async function run(): Promise<ExecResult> {
  if (await unavailable()) throw new LabUnavailable();
  const lab = await network(async () => ({ path: new Netns("pod").path, same: Netns.get("same", "pod").path }));
  return lab.exec("pod", ["true"]).finally(() => lab.stop());
}
`;

/** The entry `packages` of docs/providers.md. The examples use the other one, `plugins`. */
const packages = `
packages:
  localnet: ./node_modules/pulumi-localnet/plugin
`;

const manifest = (tarball: string, pulumi: string) => ({
  name: "user-program",
  private: true,
  main: "index.ts",
  dependencies: { "pulumi-localnet": `file:${tarball}`, "@pulumi/pulumi": pulumi },
  devDependencies: { typescript: "^5.0.0", "@types/node": "^20.0.0" },
});

/** The compiler options of Pulumi's TypeScript template: strict, Node's older module resolution, types of libraries checked. */
const compiler = {
  compilerOptions: {
    strict: true,
    target: "es2020",
    module: "commonjs",
    moduleResolution: "node",
    sourceMap: true,
    outDir: "bin",
  },
  files: ["index.ts", "lab.ts"],
};

const node24 = process.env.LOCALNET_TEST_NODE24;

/** The oldest and newest supported versions of Node.js and Pulumi, with the packed package. */
export function works(from: string, versions: [node: "this Node" | "Node 24", pulumi: string][]): void {
  let tarball: string;
  let sandbox: Sandbox;
  const directory = mkdtempSync(join(tmpdir(), "localnet-packaging-"));

  beforeAll(async () => {
    const packed = await run(["npm", "pack", "--silent", "--workspace", "provider", "--pack-destination", directory]);
    expect(packed).toMatchObject({ code: 0 });
    tarball = join(directory, readdirSync(directory).find((name) => name.endsWith(".tgz")) ?? "");
    sandbox = await Sandbox.open();
  });
  afterAll(async () => {
    await sandbox.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(versions)("on %s with @pulumi/pulumi %s: install, up, update, destroy", async (node, pulumi) => {
    const path = node === "this Node" ? "" : node24;
    if (path === undefined)
      throw new Error("LOCALNET_TEST_NODE24 is not set: run npm test packaging-long, which gets Node 24");
    const project = mkdtempSync(join(directory, "project-"));
    writeFileSync(join(project, "package.json"), JSON.stringify(manifest(tarball, pulumi)));
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(compiler));
    writeFileSync(
      join(project, "Pulumi.yaml"),
      `name: user-program\nruntime: nodejs\n${from.endsWith("native") ? packages : ""}`,
    );
    writeFileSync(join(project, "index.ts"), program(from));
    writeFileSync(join(project, "lab.ts"), testProgram(from));
    const env = { ...process.env, PATH: [path, process.env.PATH].filter(Boolean).join(delimiter) };
    const install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"];
    expect(await run(install, { cwd: project, env })).toMatchObject({ code: 0 });
    expect(await run(["npx", "tsc", "--noEmit"], { cwd: project, env })).toMatchObject({ code: 0, stdout: "" });

    const before = await snapshot([], sandbox.enterArgv);
    const stack = new Stack(
      project,
      "test",
      { PATH: env.PATH, PULUMI_NODEJS_TRANSPILE_ONLY: "false" },
      sandbox.enterArgv,
    );
    await stack.init();
    expect(changes((await stack.up()).text)).toMatchObject({ created: 8 });
    expect(await stack.outputs()).toMatchObject({ answered: 1, mac: expect.stringMatching(/^([0-9a-f]{2}:){5}/) });
    await stack.unchanged();
    const discover = ["env", "-C", project, "npx", "localnet", "discover", "--netns", "lnp-router"];
    const result = await run([...sandbox.enterArgv, ...discover], { env });
    expect(result.stderr).toContain(
      "left out: Netns lnp-router: it is not free to be imported, but belongs to user-program/test/",
    );
    expect(JSON.stringify(JSON.parse(result.stdout))).not.toContain("br0");
    await stack.set({ mtu: "1400" });
    expect(changes((await stack.up()).text)).toMatchObject({ updated: 3 });
    await stack.unchanged();
    await stack.destroy();
    expect(await snapshot([], sandbox.enterArgv)).toEqual(before);
    stack.removeState();
  });
}
