import { changes, type Snapshot, Stack, snapshot } from "./engine";
import type { Row } from "./providers";
import { Sandbox } from "./sandbox";

let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;
const state = () => snapshot([], sandbox.enterArgv);

/** The life of examples/two-namespaces: up, drift, update, rename, destroy. */
export function bringsUpTwoNamespaces(row: Row): void {
  describe.each([row])("%s", (_, project, show) => {
    beforeAll(async () => {
      sandbox = await Sandbox.open();
      stack = new Stack(project, "test", {}, sandbox.enterArgv);
      before = await state();
      await stack.init();
    });
    afterAll(async () => {
      await sandbox.close();
      stack.removeState();
    });

    test("a preview changes nothing, and has no warnings", async () => {
      const { text } = await stack.preview();
      expect(text).toContain("6 to create");
      expect(text).not.toMatch(/warning/i);
      expect(await state()).toEqual(before);
    });

    test("up makes it, and its probes are answered over IPv4 and IPv6", async () => {
      expect(changes((await stack.up()).text)).toEqual({ created: 6 });
      expect(await stack.outputs()).toEqual({ answered: [1, 1] });
      await sandbox.ip("netns", "exec", "left", "ping", "-c", "1", "10.90.0.2");
    });

    test("a second preview is empty, also after a refresh", async () => {
      await stack.unchanged();
      await stack.asRecorded();
      await stack.unchanged();
    });

    test("an update changes the links in place", async () => {
      const before = await sandbox.ip("-n", "left", "-j", "link", "show", "dev", "eth-left");
      await stack.set({ mtu: "1300" });
      expect(changes((await stack.up()).text)).toEqual({ updated: 3, unchanged: 3 });
      const after = await sandbox.ip("-n", "left", "-j", "link", "show", "dev", "eth-left");
      expect(JSON.parse(after)[0]).toMatchObject({ mtu: 1300, ifindex: JSON.parse(before)[0].ifindex });
      await stack.unchanged();
    });

    test("changes by hand are shown, and repaired by up", async () => {
      await sandbox.ip("-n", "left", "link", "set", "dev", "eth-left", "mtu", "1400");
      await sandbox.ip("-n", "right", "addr", "del", "10.90.0.2/24", "dev", "eth-right");
      await show(stack, { differs: ["eth-left"] });
      expect(changes((await stack.up()).text)).toEqual({ updated: 1, unchanged: 5 });
      await sandbox.ip("netns", "exec", "left", "ping", "-c", "1", "-M", "do", "-s", "1272", "10.90.0.2");
      await stack.unchanged();
    });

    test("objects removed by hand are shown, and made again by up", async () => {
      await sandbox.ip("netns", "del", "left");
      await show(stack, { gone: ["left", "eth-left"] });
      expect(changes((await stack.up()).text)).toMatchObject({ created: 2 });
      await sandbox.ip("netns", "exec", "left", "ping", "-c", "1", "10.90.0.2");
      await stack.unchanged();
    });

    test("a renamed stack keeps its objects, and up marks them with the new name", async () => {
      const mark = async () =>
        /alias (\S+)/.exec(await sandbox.ip("-n", "left", "link", "show", "dev", "eth-left"))?.[1];
      const first = await mark();
      await stack.rename("renamed");
      await stack.refresh();
      expect(changes((await stack.up()).text)).toEqual({ updated: 5, unchanged: 1 });
      expect(await mark()).toBe(first?.replace("/test/", "/renamed/"));
      await stack.unchanged();
      await stack.rename("test");
    });

    test("destroy succeeds if half of the objects are gone, and leaves the host as it was", async () => {
      await sandbox.ip("netns", "del", "right");
      await stack.destroy();
      expect(await state()).toEqual(before);
    });
  });
}
