import { check, type Values } from "../../../provider/src/core/check";
import { iptablesRule as kind } from "../../../provider/src/kinds";
import { builtIn, type Table } from "../../../provider/src/kinds/firewall/iptables-chains";
import type { matches } from "../../../provider/src/kinds/firewall/iptables-matches";
import { targetOptions, targetPlaces } from "../../../provider/src/kinds/firewall/iptables-targets";
import { RecordingHost } from "../../unit/support/recording";
import { lack } from "../support/features";
import { World } from "../support/world";

const tcp = { protocol: "tcp" };
const onSet = { name: "pods", flags: ["src"] };

/** A rule for each match. */
const byMatch: Readonly<Record<keyof typeof matches, Values>> = {
  protocol: { protocol: 112 },
  source: { source: "! 10.0.0.0/8" },
  destination: { destination: "10.0.0.1" },
  inInterface: { inInterface: "! veth+" },
  outInterface: { outInterface: "eth0" },
  sourcePorts: { ...tcp, sourcePorts: "! 1024:2048" },
  destinationPorts: { protocol: "udp", destinationPorts: "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15" },
  ctstate: { ctstate: ["! INVALID", "SNAT"] },
  mark: { mark: "! 4294967295/0xff" },
  matchSet: { matchSet: onSet },
  addressType: { addressType: { source: "! BROADCAST", destination: "PROHIBIT" } },
  statistic: { statistic: { every: 4294967295, packet: 4294967294 } },
  physdevIn: { physdevIn: "veth+" },
  physdevOut: { physdevOut: "! veth0" },
  physdevIsIn: { physdevIsIn: true },
  limit: { limit: { rate: "10000/second", burst: 10000 } },
  tcpFlags: { ...tcp, tcpFlags: "! SYN,FIN ALL" },
  icmpType: { protocol: "icmp", icmpType: "! 255/255" },
  macSource: { macSource: "! 02:00:00:00:00:0A" },
  length: { length: "! 0:65535" },
  ttl: { ttl: { gt: 255 } },
  ipRange: { ipRange: { source: "! 10.0.0.9-10.0.0.1", destination: "0.0.0.0-10.0.0.2" } },
  uidOwner: { uidOwner: "! 0-4294967294" },
  gidOwner: { gidOwner: 0 },
  socket: { socket: { transparent: true } },
  rpfilter: { rpfilter: { loose: true, invert: true } },
  ipsecPolicy: { ipsecPolicy: { dir: "in", pol: "none" } },
  hashlimit: { hashlimit: { name: "a23456789012345", above: "1/hour", mode: ["dstport", "srcip"], htableExpire: 5 } },
  recent: {
    recent: { name: "seen", action: "rcheck", negate: true, address: "destination", seconds: 9, hitcount: 255 },
  },
};

const others: readonly Values[] = [
  { ipsecPolicy: { dir: "out", pol: "ipsec" } },
  { hashlimit: { name: "b", upto: "99999/second", burst: 10000 } },
  { ...tcp, tcpFlags: "NONE NONE" },
  { protocol: 255 },
];

/** A rule for each target, and for each of its inputs. Rules that decide on every packet are last, since the legacy backend reads no further. */
const byTarget: readonly Values[] = [
  { target: "" },
  { target: "REJECT" },
  { target: "REJECT", ...tcp, rejectWith: "tcp-reset" },
  { target: "MASQUERADE", randomFully: true },
  { target: "MASQUERADE", ...tcp, toPorts: "0-65535", random: true },
  { target: "SNAT", ...tcp, toSource: "10.0.0.9-10.0.0.1:0-65535", random: true, persistent: true, randomFully: true },
  { target: "DNAT", protocol: "dccp", toDestination: "10.0.0.1:80", random: true, persistent: true },
  { target: "REDIRECT", ...tcp, toPorts: 80, random: true },
  { target: "MARK", setMark: "0x10/0xff" },
  { target: "MARK", setXmark: "0x10/0x0" },
  { target: "LOG", logPrefix: "-j x" },
  { target: "TPROXY", protocol: "udp", onPort: 1, onIp: "127.0.0.1", tproxyMark: "1/1" },
  { target: "CONNMARK", setMark: 1 },
  { target: "CONNMARK", saveMark: true },
  { target: "CONNMARK", restoreMark: true, nfmask: "0xff" },
  { target: "CT", notrack: true },
  { target: "CT", zone: 65535 },
  { target: "TCPMSS", ...tcp, tcpFlags: "SYN,RST SYN", clampMssToPmtu: true },
  { target: "TCPMSS", ...tcp, tcpFlags: "syn", setMss: 65515 },
  { target: "NFQUEUE", queueNum: 65535, queueBypass: true },
  { target: "TEE", gateway: "10.0.0.1" },
  { target: "SET", addSet: onSet },
  { target: "SET", delSet: onSet },
  { target: "CHECKSUM" },
  { target: "RETURN" },
  { target: "DROP" },
  { target: "ACCEPT" },
];

const userChain = "ONES-OWN";
const places = (Object.keys(builtIn) as Table[]).flatMap((table) =>
  [...builtIn[table], userChain].map((chain) => ({ table, chain })),
);
const parts = [...Object.values(byMatch), ...others, ...byTarget];

/** The failures of a rule in a place, without those that it has everywhere. */
function failuresOf(part: Values, place: Values): string[] {
  const { failures } = check(kind, { target: "RETURN", ...part, ...place, owner: "p/s/n" });
  return failures.map(({ property, reason }) => `${property} ${reason}`);
}

/** The words of a rule, as the kind writes them where the rule is possible. */
async function wordsOf(part: Values): Promise<string[]> {
  const place = places.find((each) => failuresOf(part, each).length === 0);
  if (!place) throw new Error(`refused everywhere: ${JSON.stringify(part)}: ${failuresOf(part, { chain: userChain })}`);
  const { inputs } = check(kind, { target: "RETURN", ...part, ...place, owner: "p/s/n" });
  const host = new RecordingHost();
  await kind.ensure(host, inputs as never, undefined);
  const argv = host.commands.find((each) => each.includes("-A")) ?? [];
  return argv.slice(argv.indexOf("-A") + 2);
}

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");

test("there is a rule for each match, each target and each input of a target", () => {
  const inputs = new Set(byTarget.flatMap((part) => Object.keys(part)));
  expect(Object.keys(targetOptions).filter((key) => !inputs.has(key))).toEqual([]);
  const targets = byTarget.map(({ target }) => target);
  expect(Object.keys(targetPlaces).filter((name) => !targets.includes(name))).toEqual([]);
});

const lacking = lack("ipset") ?? lack("both backends of iptables");
(lacking ? describe.skip : describe)(`in every chain of every table${lacking ? ` (${lacking})` : ""}`, () => {
  const world = new World();
  const netns = world.netns("a");
  beforeAll(async () => {
    await world.build();
    await world.script(netns, "ipset create pods hash:ip");
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  describe.each(["iptables-nft", "iptables-legacy"])("%s", (command) => {
    test("takes what check accepts", async () => {
      const lines = (Object.keys(builtIn) as Table[]).map(async (table) => {
        const rules = places
          .filter((place) => place.table === table)
          .flatMap((place) =>
            parts.filter((part) => failuresOf(part, place).length === 0).map((part) => ({ place, part })),
          );
        const each = rules.map(
          async ({ place, part }) => `-A ${place.chain} ${(await wordsOf(part)).map((word) => `"${word}"`).join(" ")}`,
        );
        return [`*${table}`, `:${userChain} -`, ...(await Promise.all(each)), "COMMIT"].join("\n");
      });
      const text = (await Promise.all(lines)).join("\n");
      await world.script(netns, `${command}-restore <<'END'\n${text}\nEND\n`);
      await world.script(
        netns,
        (Object.keys(builtIn) as Table[]).map((table) => `${command} -t ${table} -F`).join("; "),
      );
    }, 60_000);

    test("refuses what check refuses", async () => {
      const refused = places.flatMap((place) =>
        parts.filter((part) => failuresOf(part, place).length > 0).map((part) => ({ place, part })),
      );
      expect(refused.length).toBeGreaterThan(100);
      const each = refused.map(async ({ place: { table, chain }, part }) => {
        const rule = `-t ${table} -A ${chain} ${quoted(await wordsOf(part))}`;
        return `${command} ${rule} 2> /dev/null && echo "${rule}"`;
      });
      expect(await world.script(netns, [...(await Promise.all(each)), "true"].join("\n"))).toBe("");
    }, 120_000);
  });
});
