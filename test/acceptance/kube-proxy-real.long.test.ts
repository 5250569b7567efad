import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtKubernetes } from "../../scripts/kubernetes/kubernetes.mjs";
import { snapshotDifferences, snapshotNode } from "../../scripts/kubernetes/node-snapshot.mjs";
import { changes, root, type Snapshot, Stack } from "./engine";
import { openMachine, openSandbox, type Place } from "./place";

const programs = builtKubernetes();
const lacking = programs ? "" : " (there is no kube-proxy: node scripts/kubernetes/cli.mjs builds it)";
const here = programs ? test : test.skip;

const places = { iptables: openSandbox, nftables: openSandbox, ipvs: openMachine };

/** The real kube-proxy, with etcd and an API server, beside what our resources make: the same answers, the same objects. */
describe.each(["iptables", "nftables", "ipvs"] as const)("mode %s", (mode) => {
  let place: Place;
  let stack: Stack;
  let before: Snapshot;

  beforeAll(async () => {
    if (!programs) return;
    place = await places[mode]();
    stack = new Stack(join(root, "examples/kube-proxy"), "test", {}, place.enterArgv);
    before = await place.snapshot();
    await stack.init({ ...place.config, mode, programs });
  });
  afterAll(async () => {
    await place?.cleanUp(stack);
    await place?.close();
  });

  here(
    `by resources and by kube-proxy, one up each: clients get the same, and the kernel has the same${lacking}`,
    async () => {
      expect(Object.keys(changes((await stack.up()).text))).toEqual(["created"]);
      const ours = await snapshotNode(place.exec, "resources", mode);
      await stack.set({ by: "kube-proxy" });
      await stack.up();
      const theirs = await snapshotNode(place.exec, `kube-proxy-${mode}`, mode);
      expect(ours.objects.length).toBeGreaterThan(20);
      expect(snapshotDifferences(ours, theirs)).toEqual([]);
      await stack.unchanged();
    },
    // kube-proxy starts and syncs slowly in an emulated machine: 6 minutes on quiet cores, 14 on busy ones.
    30 * 60_000,
  );

  here(`an API server that does not get ready shows the end of its log${lacking}`, async () => {
    const wrong = mkdtempSync(join(tmpdir(), "localnet-programs-"));
    symlinkSync(join(programs ?? "", "etcd"), join(wrong, "etcd"));
    symlinkSync(join(programs ?? "", "kube-proxy"), join(wrong, "kube-apiserver"));
    await stack.set({ programs: wrong });
    const { text } = await stack.up(1);
    rmSync(wrong, { recursive: true });
    expect(text).toMatch(/Process kube-apiserver@\S+: .*; its output ends:\n.*unknown flag: --etcd-servers/s);
  });

  here(`destroy leaves the host as it was${lacking}`, async () => {
    await stack.destroy();
    expect(await place.snapshot()).toEqual(before);
  });
});
