import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as dynamic from "pulumi-localnet";
import * as native from "pulumi-localnet/native";
import { type Lab, network } from "pulumi-localnet/testing";
import { inheritors } from "./cli";
import { root, run } from "./engine";

/** The folder for the files of labs, used only by this test. */
const temporary = mkdtempSync(join(tmpdir(), "localnet-testing-"));
const before = process.env.TMPDIR;
beforeAll(() => {
  process.env.TMPDIR = temporary;
});
afterAll(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(temporary, { recursive: true });
});

/** The processes of labs, and their files. */
const left = () => [...inheritors(`TMPDIR=${temporary}`).map(({ argv }) => argv.join(" ")), ...readdirSync(temporary)];

/** A router and a client behind it. The bridge is in the lab's own namespace. */
const program =
  ({ Bridge, Netns, VethPair }: typeof dynamic, address = "10.0.0.2/24") =>
  async () => {
    const bridge = new Bridge("br0", { addresses: ["10.0.0.1/24"] });
    const client = new Netns("client");
    const peer = { name: "eth0", netns: client, addresses: [address] };
    const { peerMacAddress } = new VethPair("veth0", { master: bridge, peer });
    return { mac: peerMacAddress, bridge: bridge.name };
  };

const ping = (lab: Lab, address: string) => lab.exec("client", ["ping", "-c", "1", "-W", "5", address]);

describe.each([
  ["dynamic provider", dynamic],
  ["native plugin", native],
])("with the %s", (_, classes) => {
  test("a lab comes up, is changed in place, is read, and is removed", async () => {
    const lab = await network(program(classes));
    try {
      const { mac } = lab.outputs;
      expect(lab.outputs).toEqual({ bridge: "br0", mac: expect.stringMatching(/^([0-9a-f]{2}:){5}/) });
      expect(await ping(lab, "10.0.0.1")).toMatchObject({ exitCode: 0, stderr: "" });
      expect((await lab.exec("client", ["cat"], { input: "said" })).stdout).toBe("said");
      expect(await lab.exec("client", ["sh", "-c", "pwd; echo $A >&2; exit 3"], { env: { A: "b" } })).toEqual({
        exitCode: 3,
        stdout: `${process.cwd()}\n`,
        stderr: "b\n",
      });

      await lab.update(async () => {
        const outputs = await program(classes, "10.0.0.3/24")();
        // The object that is read belongs to another resource, and is not deleted with this one.
        const state = classes.VethPair.get("seen", "eth0@client", {}) as dynamic.VethPair;
        return { ...outputs, path: classes.Netns.get("there", "client").path, state: state.name };
      });
      expect(lab.outputs).toMatchObject({ mac, path: "/run/netns/client" });
      expect((await lab.exec("client", ["ip", "-br", "addr", "show", "eth0"])).stdout).toContain("10.0.0.3/24");
      await lab.update(program(classes, "10.0.0.3/24"));
      expect(await ping(lab, "10.0.0.1")).toMatchObject({ exitCode: 0 });
    } finally {
      await lab.stop();
    }
    expect(left()).toEqual([]);
    await lab.stop();
  });
});

test("functions of the native plugin read in the lab, also before the object exists", async () => {
  await using lab = await network(async () => {
    const client = new native.Netns("client");
    const pair = new native.VethPair("eth0", { netns: client, peer: { name: "far", netns: client } });
    const before = await native.getLink({ name: "nothing" });
    const after = native.getLinkOutput({ name: pair, netns: client });
    return { before, after };
  });
  expect(lab.outputs).toEqual({
    before: { exists: false },
    after: expect.objectContaining({ exists: true, type: "veth", owner: "lab/test/eth0" }),
  });
});

test("labs at the same time may use the same names, and end with their block", async () => {
  const mac = async () => {
    await using lab = await network(program(native));
    expect(await ping(lab, "10.0.0.1")).toMatchObject({ exitCode: 0 });
    return lab.outputs.mac;
  };
  const [one, two] = await Promise.all([mac(), mac()]);
  expect(one).not.toBe(two);
  expect(left()).toEqual([]);
});

test("a program that fails has the kind's error, and leaves nothing", async () => {
  const wrong = network(async () => {
    new native.Netns("client");
    new native.Bridge("br0", { netns: "nowhere" });
  });
  await expect(wrong).rejects.toThrow(
    /Bridge br0@nowhere: create: there is no network namespace "nowhere" \[LN_NETNS\]/,
  );
  const cause = new Error("of the program itself");
  const thrown = network(async () => {
    throw cause;
  });
  await expect(thrown).rejects.toMatchObject({ message: expect.stringContaining(cause.message), cause });
  expect(left()).toEqual([]);
});

test("a test that is killed leaves nothing", async () => {
  const text = `
    const { network } = require("pulumi-localnet/testing");
    const { Netns, Process } = require("pulumi-localnet/native");
    network(async () => {
      new Process("server", { netns: new Netns("server"), command: ["sleep", "1000"] });
    }).then(() => console.log("up"), console.error);`;
  const child: ChildProcess = spawn(process.execPath, ["-e", text], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await once(child.stdout ?? child, "data");
  expect(String(output)).toBe("up\n");
  child.kill("SIGKILL");
  for (const deadline = Date.now() + 20_000; left().length > 0 && Date.now() < deadline; ) await sleep(50);
  expect(left()).toEqual([]);
});

test("if there can be no lab, the error has the reason and the fix", async () => {
  const text = `
    const { network, unavailable, LabUnavailable } = require("pulumi-localnet/testing");
    (async () => {
      console.log(await unavailable());
      await network(async () => {}).catch((error) => console.log(error instanceof LabUnavailable, error.message));
    })();`;
  const none = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
  const node = [process.execPath, "-e", text];
  const closed = await run(["unshare", "--user", "--map-root-user", "sh", "-c", none, "sh", ...node]);
  expect(closed.stdout).toMatch(
    /^this machine lets this user have no namespaces\n.*\n +\/proc\/sys\/user\/max_user_names/,
  );
  expect(closed.stdout).toContain("\ntrue this machine lets this user have no namespaces");
  const without = await run(node, { env: { ...process.env, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  expect(without.stdout).toMatch(/^there is no command pulumi on PATH.*\ntrue there is no command pulumi/);
  expect(existsSync(temporary) && left()).toEqual([]);
});
