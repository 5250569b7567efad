import { chownSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { privateDirectory } from "../../provider/src/host/folders";
import { World } from "./support/world";

const world = new World();

describe("a folder for this user alone", () => {
  const path = `/tmp/${world.name("private")}`;
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  test("is made with mode 0700, and used again", async () => {
    expect(statSync(await privateDirectory(path)).mode & 0o777).toBe(0o700);
    expect(await privateDirectory(path)).toBe(path);
  });

  test.each<[what: string, plant: () => void]>([
    ["open to others", () => mkdirSync(path, { mode: 0o755 })],
    ["a link to such a folder", () => symlinkSync("/root", path)],
  ])("is refused if it is %s", async (_what, plant) => {
    plant();
    await expect(privateDirectory(path)).rejects.toThrow("is not a folder of this user alone");
  });

  test("is refused if it belongs to another user", async () => {
    // In a user namespace there are no other users, and root's files seem to belong to a stranger.
    const rootless = process.env.LOCALNET_TEST_ROOTLESS !== undefined;
    if (!rootless) {
      mkdirSync(path, { mode: 0o700 });
      chownSync(path, 65534, 65534);
    }
    await expect(privateDirectory(rootless ? "/root" : path)).rejects.toThrow("is not a folder of this user alone");
  });
});
