import { type Ends, fixture, hostLink, mtuOf } from "./host-link";
import { dynamic, native } from "./providers";
import { openVmHosts } from "./vm-hosts";

// This machine's kernel may lack WireGuard.
const open = () => openVmHosts(2);

/** The mtu that the network between the hosts leaves of 1500: less with IPv6. */
describe.each([
  [...native(fixture), false, 1440],
  [...dynamic(fixture), true, 1420],
] as const)("%s", (_provider, project, _show, isSix, outer) => {
  const config = (ends: Ends): Record<string, string> => ({
    ...{ over: "wireguard", vni: "7" },
    ...(isSix && { oneAddress: ends.host(1).address6, twoAddress: ends.host(2).address6 }),
  });
  hostLink(project, open, { config, mtu: outer - 70 }, (stack, ends) => {
    test("the WireGuard link has the mtu that the network between the hosts leaves", async () => {
      expect(await mtuOf(ends().host(1), "wireguard")).toEqual([outer]);
      expect(await mtuOf(ends().host(2), "wireguard")).toEqual([outer]);
    });

    test("its keys are secrets and do not change; without its link, nothing is sent unencrypted", async () => {
      const wg = async (what: string) => (await ends().host(1).exec(["wg", "show", "wg7", what])).stdout.trim();
      const key = await wg("private-key");
      expect(key).toHaveLength(44);
      expect((await stack().exported()).text).not.toContain(key);
      await ends().host(1).ip("link", "delete", "wg7");
      // Packets that are not encrypted do not arrive.
      expect(await mtuOf(ends().host(1), "vxlan")).toEqual([]);
      await stack().refresh();
      const { text } = await stack().up();
      expect(text).not.toContain(key);
      expect(await wg("private-key")).toBe(key);
      await stack().unchanged();
    });
  });
});
