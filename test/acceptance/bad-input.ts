import { run, type Snapshot, Stack, snapshot } from "./engine";
import type { Row } from "./providers";
import { Sandbox } from "./sandbox";

let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;
const ip = (...args: string[]) => run([...sandbox.enterArgv, "ip", ...args]);

/** Mistakes in a program are reported at preview or at up, and the next up converges. */
export function refusesBadInput(row: Row): void {
  describe.each([row])("%s", (_, project) => {
    beforeAll(async () => {
      sandbox = await Sandbox.open();
      stack = new Stack(project, "test", {}, sandbox.enterArgv);
      before = await snapshot([], sandbox.enterArgv);
      await stack.init({ case: "none" });
      await stack.up();
    });
    afterAll(async () => {
      await sandbox.close();
      stack.removeState();
    });

    const inPreview: [name: string, says: string][] = [
      ["name", "name: must be 1 to 15 of letters"],
      ["address", "addresses.0: must be an address with a prefix length"],
      ["sysctl", 'key: must be a key below "net"'],
      ["backend", "port: must be the service's, 80, with forwarding gateway"],
    ];

    test.each(inPreview)("a bad %s fails the preview, which names the property and the rule", async (name, message) => {
      await stack.set({ case: name });
      expect((await stack.preview(1)).text).toContain(message);
    });

    test("an existing object of another owner makes the update fail, and is left alone", async () => {
      await ip("netns", "add", "lnb-foreign");
      try {
        await stack.set({ case: "exists" });
        const { text } = await stack.up(1);
        expect(text).toContain("Netns lnb-foreign: create: it exists already and is not ours");
        expect(text).toContain("[LN_EXISTS]");
        await stack.set({ case: "none" });
        await stack.up();
        expect((await ip("netns", "list")).stdout).toContain("lnb-foreign");
      } finally {
        await ip("netns", "del", "lnb-foreign");
      }
    });

    const inUpdate: [name: string, says: string[]][] = [
      ["missing", ['there is no network namespace "lnb-nowhere"', "[LN_NETNS]"]],
      ["never", ["not ready within 1 s", "the last line", "[LN_PROCESS]"]],
    ];

    test.each(inUpdate)("%s: the update fails with the reason, and the next one converges", async (name, message) => {
      await stack.set({ case: name });
      const { text } = await stack.up(1);
      for (const each of message) expect(text).toContain(each);
      await stack.set({ case: "none" });
      await stack.up();
      await stack.unchanged();
    });

    test("destroy leaves the host as it was", async () => {
      await stack.destroy();
      expect(await snapshot([], sandbox.enterArgv)).toEqual(before);
    });
  });
}
