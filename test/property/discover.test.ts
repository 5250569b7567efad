import fc from "fast-check";
import { importFile } from "../../provider/src/cli/import-file";
import type { Values } from "../../provider/src/core/check";
import { identity } from "../../provider/src/core/import";
import { kinds } from "../../provider/src/kinds";
import { unicast } from "../../provider/src/schema/fields";
import { endpoint, serviceArgs } from "../../provider/src/tools/ipvsadm-service";
import { RecordingHost } from "../unit/support/recording";
import { owner } from "../unit/support/samples";
import { anyAddress, anyKey, anyName, anyPort, canonical, kindOf, text } from "./support/inputs";

const anyNetns = fc.option(anyName, { nil: undefined });
/** Addresses that the kernel accepts for a backend. */
const isUnicast = (address: string) => unicast.safeParse(address).success;
const number32 = fc.integer({ min: 0, max: 0xffffffff });

/** The ids that a kind lists on a host with this output, each parsed and printed again. */
async function importableOf(
  type: string,
  netns: string | undefined,
  stdout: (argv: string) => string,
): Promise<Values[]> {
  const host = new RecordingHost((argv) => ({ stdout: stdout(argv.join(" ")) }));
  const list = (await kindOf(type).imports?.list(host, netns)) ?? [];
  return list.map(({ id }) => {
    const { owner: _, ...named } = identity(kindOf(type), id, owner);
    expect(kindOf(type).id({ ...named, owner })).toBe(id);
    return named;
  });
}

test("the names in an import file are unique, and valid variable names in any language", () => {
  const object = fc.record({ type: fc.constantFrom(...Object.keys(kinds)), id: fc.oneof(text, anyName) });
  fc.assert(
    fc.property(fc.array(object), (objects) => {
      const { resources } = JSON.parse(importFile(objects)) as { resources: Record<"type" | "name" | "id", string>[] };
      expect(resources.map(({ type, id }) => ({ type, id }))).toEqual(
        objects.map(({ type, id }) => ({ type: `localnet:index:${type}`, id })),
      );
      for (const { name } of resources) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]*$/);
      expect(new Set(resources.map(({ name }) => name)).size).toBe(objects.length);
    }),
  );
});

test("each service and backend in the list has the right id", async () => {
  const backend = fc.record({ address: anyAddress.map(canonical).filter(isUnicast), port: anyPort });
  await fc.assert(
    fc.asyncProperty(anyKey, backend, anyNetns, async (key, { address, port }, netns) => {
      const where = serviceArgs(key).join(" ");
      const saved = `-A ${where} -s rr\n-a ${where} -r ${endpoint(address, port)} -m -w 1\n`;
      const answer = (argv: string) => (argv.endsWith("ipvsadm -S -n") ? saved : "");
      expect(await importableOf("IpvsService", netns, answer)).toMatchObject([{ ...key, ...(netns && { netns }) }]);
      expect(await importableOf("IpvsBackend", netns, answer)).toMatchObject([{ port }]);
    }),
  );
});

test("each route in the list has the right id, with any table and metric", async () => {
  const four = fc.oneof(
    fc.constant("default"),
    fc.ipV4(),
    fc.nat(65535).map((n) => `10.${n >> 8}.${n & 255}.0/24`),
  );
  const six = fc.oneof(
    fc.constant("default"),
    fc.nat(65534).map((n) => `2001:db8:${(n + 1).toString(16)}::/48`),
  );
  // With IPv6 the kernel has no routes without a metric.
  const metrics = fc.record({ metric: number32, metric6: fc.integer({ min: 1, max: 0xffffffff }) });
  const route = fc.record({ dst: four, dst6: six, metrics, table: fc.integer({ min: 1, max: 0xffffffff }) });
  await fc.assert(
    fc.asyncProperty(route, anyNetns, async ({ dst, dst6, metrics: { metric, metric6 }, table }, netns) => {
      const entry = { type: "1", protocol: "3", gateway: "x", table: String(table) };
      const kernels = { ...entry, dst: "10.0.0.0/8", protocol: "2" };
      const routes = await importableOf("Route", netns, (argv) =>
        JSON.stringify([
          { ...entry, ...(argv.includes(" -6 ") ? { dst: dst6, metric: metric6 } : { dst, metric }) },
          kernels,
        ]),
      );
      expect(routes.map(({ destination }) => destination)).toEqual([dst, dst6 === "default" ? "::/0" : dst6]);
      expect(routes.map((each) => each.metric ?? 0)).toEqual([metric, metric6 === 1024 ? 0 : metric6]);
      for (const each of routes) expect(each.table ?? 254).toBe(table);
    }),
  );
});

test("each rule in the list has its number in its chain", async () => {
  const place = fc.record({ table: fc.constantFrom("filter", "nat"), chain: fc.constantFrom("OUTPUT", "OWN", "a-b") });
  await fc.assert(
    fc.asyncProperty(fc.array(place), anyNetns, async (places, netns) => {
      const saved = ["filter", "nat"].flatMap((table) => [
        ...[`*${table}`, ":OUTPUT DROP [0:0]"],
        ...places.filter((each) => each.table === table).map(({ chain }) => `-A ${chain} -m comment --comment "*nat"`),
        "COMMIT",
      ]);
      const host = new RecordingHost((argv) => ({
        stdout: argv.includes("-V") ? "iptables v1.8.9 (nf_tables)" : saved.join("\n"),
      }));
      const ids = (await kindOf("IptablesRule").imports?.list(host, netns)) ?? [];
      const counted = (table: string, chain: string) =>
        places.filter((each) => each.table === table && each.chain === chain).map((_, index) => index + 1);
      for (const table of ["filter", "nat"])
        for (const chain of ["OUTPUT", "OWN", "a-b"]) {
          const start = `ipv4/${table}/${chain}/`;
          const numbers = ids
            .filter(({ id }) => id.startsWith(start))
            .map(({ id }) => Number.parseInt(id.slice(start.length), 10));
          expect(numbers).toEqual(counted(table, chain));
        }
      for (const { id } of ids)
        expect(identity(kindOf("IptablesRule"), id, owner)).toMatchObject(netns ? { netns } : {});
    }),
  );
});

test("the id of each link in the list is refused, or names exactly this link", async () => {
  const link = { ifindex: 1, flags: ["UP"], mtu: 1500, operstate: "UP", group: "default" };
  const weird = fc.oneof(anyName, fc.stringMatching(/^[!-~]{1,15}$/));
  await fc.assert(
    fc.asyncProperty(weird, fc.constantFrom("Bridge", "VethPair", "Dummy"), anyNetns, async (ifname, type, netns) => {
      const info_kind = { Bridge: "bridge", VethPair: "veth", Dummy: "dummy" }[type];
      const links = [
        { ...link, ifname, linkinfo: { info_kind } },
        { ...link, ifname: "other", linkinfo: {} },
      ];
      const host = new RecordingHost(() => ({ stdout: JSON.stringify(links) }));
      const [one, ...rest] = (await kindOf(type).imports?.list(host, netns)) ?? [];
      expect(rest).toEqual([]);
      let named: Values;
      try {
        named = identity(kindOf(type), one?.id ?? "", owner);
      } catch (error) {
        expect(error).toMatchObject({ code: "LN_INPUT" });
        return;
      }
      // In the host's own namespace, an "@" in a name reads as another namespace. The link there is another one.
      if (netns !== undefined || !ifname.includes("@")) expect([named.name, named.netns]).toEqual([ifname, netns]);
    }),
  );
});
