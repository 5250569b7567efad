import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { addShare, eraseShare, listUnshared, readShares } from "../../core/ledger";
import { stackOf } from "../../core/ownership";
import { LocalnetError } from "../../errors";
import { withLock } from "../../host/lock";
import { at, parseAt, printable, sysctlKey } from "../../schema/fields";
import { normalise, readSysctl, readSysctls, writeSysctl } from "../../tools/sysctl";

/** Settings that labs are made of, and the kernel's defaults. Of thousands only these are listed, where they are otherwise. */
const defaults = new Map([
  ["net/ipv4/ip_forward", "0"],
  ["net/ipv6/conf/all/forwarding", "0"],
  ["net/bridge/bridge-nf-call-iptables", "1"],
  ["net/bridge/bridge-nf-call-ip6tables", "1"],
  ["net/ipv4/vs/conntrack", "0"],
]);

export const sysctl = defineKind({
  type: "Sysctl",
  summary: "A kernel setting below `net`, of a namespace or of the host.",
  args: {
    /** Key below `net`, `net.ipv4.ip_forward`; with slashes where a part holds a dot, `net/ipv4/conf/eth0.10/forwarding`. */
    key: sysctlKey.meta({ replace: true }),
    ...inNetns,
    /** Value, a number or text. */
    value: z
      .union([z.number(), printable], { error: "must be a number or printable text" })
      .transform((value) => normalise(String(value))),
    /** What destroy does: "restore" the value that was there before, or "keep" this one. */
    onDelete: z.enum(["restore", "keep"], { error: "must be restore or keep" }).default("restore"),
  },
  outputs: {
    /** The value that was there before. */
    previousValue: z.string(),
  },
  needs: [],
  /** `KEY@NETNS`, the key with slashes */
  id: ({ key, netns }) => at(key, netns),

  async observe(host, { key, netns }) {
    const value = await readSysctl(host, netns, key);
    return value === undefined ? undefined : { inputs: { value }, outputs: {} };
  },

  async ensure(host, { key, netns, value, owner }, _observed, recorded) {
    const place = placeOf(key, netns);
    return withLock(host, place, async () => {
      const [now, holders] = await Promise.all([readSysctl(host, netns, key), readShares(host, place)]);
      // Renamed, the entry of the former name is ours too, until the new one stands.
      const former = recorded?.owner ?? owner;
      // Of the same stack it is a resource that was renamed, and is about to go.
      const other = holders.find((each) => stackOf(each.owner) !== stackOf(former) && each.value !== value);
      if (other) {
        const hint = "two stacks share a setting if they agree on its value";
        throw new LocalnetError("LN_EXISTS", `${other.owner} has set it to ${other.value}`, { hint });
      }
      // Whoever came first saw what was there before.
      const previousValue = String(holders[0]?.before ?? recorded?.previousValue ?? now ?? value);
      const ours = holders.find((each) => each.owner === owner);
      if (ours?.value !== value) await addShare(host, place, { owner, before: previousValue, value });
      try {
        if (now !== value) await writeSysctl(host, netns, key, value);
      } catch (error) {
        const changed = (await readSysctl(host, netns, key)) !== now;
        if (!changed) await (ours ? addShare(host, place, ours) : eraseShare(host, place, owner));
        throw error;
      }
      if (former !== owner) await eraseShare(host, place, former);
      return { outputs: { previousValue } };
    });
  },

  async remove(host, { key, netns, onDelete, previousValue, owner }, { inputs: { value } }) {
    const place = placeOf(key, netns);
    await withLock(host, place, async () => {
      await eraseShare(host, place, owner);
      if (onDelete === "keep" || previousValue === undefined || value === previousValue) return;
      if ((await readShares(host, place)).length === 0) await writeSysctl(host, netns, key, previousValue);
    });
  },

  async cleanUp(host, { key, netns, owner }, observed) {
    if (!observed) await eraseShare(host, placeOf(key, netns), owner);
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      return { key: name, netns };
    },
    async list(host, netns) {
      const values = [...(await readSysctls(host, netns, [...defaults.keys()]))];
      const keys = values.filter(([key, value]) => value !== defaults.get(key)).map(([key]) => key);
      return Promise.all(keys.map((key) => listUnshared(host, placeOf(key, netns), at(key, netns))));
    },
  },
});

function placeOf(key: string, netns: string | undefined) {
  return { netns, what: `Sysctl ${key}` };
}
