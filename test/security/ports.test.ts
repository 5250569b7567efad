import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endpoint, uidsOf } from "../../provider/src/pulumi/peers";
import { eventually, World } from "../kernel/support/world";
import { attack, root } from "./support/attacker";
import { callMethods, checkDynamic, createProcess } from "./support/grpc";

// Root's provider listens on a port of 127.0.0.1, to which every user of the machine can connect.
const world = new World();
const netns = world.netns("p");
const directory = mkdtempSync(join(tmpdir(), "localnet-ports-"));
const victim = join(directory, "victim");
const running: ChildProcessWithoutNullStreams[] = [];

beforeAll(() => world.build());
afterEach(() => rmSync(victim, { force: true }));
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(directory, { recursive: true });
  expect(await world.cleanUp()).toEqual([]);
});

function start(...argv: string[]) {
  const child = spawn("ip", ["netns", "exec", netns, process.execPath, ...argv], { cwd: root });
  running.push(child);
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => {
    text.stdout += data;
  });
  child.stderr.on("data", (data) => {
    text.stderr += data;
  });
  return { child, text };
}

/** A program that listens prints its port. */
async function listening(...argv: string[]) {
  const server = start(...argv);
  await eventually(async () => /^\d+\n/.test(server.text.stdout), 20);
  return { ...server, port: server.text.stdout.trim() };
}

const intrusion = createProcess(["sh", "-c", `id -u > ${victim}; exec sleep 2`], join(directory, "log"));
const plugin = () => listening("provider/bin/pulumi-resource-localnet");

/** A client of root, who runs the plugin here. */
async function callAsOwner(port: string, ...calls: string[]): Promise<string> {
  const { child, text } = start("-e", callMethods, port, ...calls);
  await new Promise((resolve) => child.once("close", resolve));
  return text.stdout;
}

test("the plugin serves its own user", async () => {
  const { port } = await plugin();
  expect(await callAsOwner(port, "/pulumirpc.ResourceProvider/GetPluginInfo", "")).toBe("greeted\nstatus 0\nclosed\n");
});

test("another user cannot make the plugin run anything: the connection ends before its first byte, and the plugin says so", async () => {
  const { port, text } = await plugin();
  const { stdout } = await attack(netns, callMethods, port, ...intrusion);
  expect(existsSync(victim)).toBe(false);
  expect(stdout).toBe("closed\n");
  await eventually(async () => text.stderr !== "");
  expect(text.stderr).toBe("pulumi-localnet: refused a connection of user 65534; it serves its own user only\n");
});

test("another user's IPv6 socket is refused too, and the plugin goes on serving its own user", async () => {
  const { port } = await plugin();
  const mapped = callMethods.replace("127.0.0.1", "[::ffff:127.0.0.1]");
  expect((await attack(netns, mapped, port, ...intrusion)).stdout).toBe("closed\n");
  expect(existsSync(victim)).toBe(false);
  expect(await callAsOwner(port, "/pulumirpc.ResourceProvider/GetPluginInfo", "")).toContain("status 0");
});

test("a user who sends everything at once and closes is not taken for root, although the kernel attributes closed connections to root", async () => {
  const { port } = await plugin();
  const hasty = `
    const socket = require("node:net").connect(Number(process.argv[1]), "127.0.0.1", () => {
      socket.end("PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n");
      socket.on("data", () => console.log("greeted")).on("error", () => {}).on("close", () => console.log("closed"));
    });`;
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => attack(netns, hasty, port)));
  expect(outcomes.map(({ stdout }) => stdout)).toEqual(Array(4).fill("closed\n"));
});

describe("the dynamic provider, which belongs to the SDK", () => {
  const ours = 'exports.handler=()=>require("pulumi-localnet/provider")("Bridge")';
  const theirs = `exports.handler=()=>{require("node:fs").writeFileSync(${JSON.stringify(victim)},"");return{}}`;
  const provider = () => listening("node_modules/@pulumi/pulumi/cmd/dynamic-provider", "127.0.0.1:1");

  test("refuses other users once it has loaded this package", async () => {
    const { port } = await provider();
    expect(await callAsOwner(port, ...checkDynamic(ours))).toContain("status 0\nstatus 0");
    const { stdout } = await attack(netns, callMethods, port, ...checkDynamic(theirs));
    expect(existsSync(victim)).toBe(false);
    expect(stdout).toBe("closed\n");
  });

  test("refuses them also over an earlier connection, once a resource of ours was made", async () => {
    const { port } = await provider();
    const waiting = attack(
      netns,
      callMethods.replace('process.stdin.once("data", go)', "setTimeout(go, 4000)"),
      port,
      "wait",
      "",
      ...checkDynamic(theirs),
    );
    await eventually(async () => (await world.runIn(netns, "ss", "-Htn")).includes("ESTAB"));
    expect(await callAsOwner(port, ...checkDynamic(ours))).toContain("status 0\nstatus 0");
    const { stdout } = await waiting;
    expect(existsSync(victim)).toBe(false);
    expect(stdout).toBe("greeted\nclosed\n");
  });
});

test("a connection has an owner only while it is established, in either table, and if both ends match", () => {
  const [local, remote] = [endpoint("127.0.0.1", 40000) ?? "", endpoint("::ffff:127.0.0.1", 50000) ?? ""];
  const row = (from: string, to: string, state: string, uid: number) =>
    `   0: ${from} ${to} ${state} 00000000:00000000 00:00000000 00000000 ${uid} 0 1 1 0`;
  const tables =
    (tcp: string[], tcp6: string[] = []) =>
    (path: string) =>
      `  sl  local_address\n${(path.endsWith("6") ? tcp6 : tcp).join("\n")}\n`;
  expect(uidsOf(local, remote, tables([row(local, remote, "01", 7), row(remote, local, "01", 0)]))).toEqual(["7"]);
  expect(uidsOf(local, remote, tables([row(local, remote, "06", 0)]))).toEqual([]);
  expect(uidsOf(local, remote, tables([row(remote, local, "01", 0)]))).toEqual([]);
  const mapped = "0000000000000000FFFF0000";
  expect(uidsOf(local, remote, tables([], [row(mapped + local, mapped + remote, "01", 7)]))).toEqual(["7"]);
  expect(
    uidsOf(local, remote, () => {
      throw new Error("no such table");
    }),
  ).toEqual([]);
});
