import { z } from "zod";
import { at, printable, sysctlKey } from "../fields";
import { defineKind, inNetns } from "../kind";
import { normalise, readSysctl, writeSysctl } from "../tools/sysctl";

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
    return value === undefined ? undefined : { value };
  },

  async ensure(host, { key, netns, value }, seen, recorded) {
    if (seen?.value !== value) await writeSysctl(host, netns, key, value);
    return { previousValue: recorded?.previousValue ?? seen?.value ?? value };
  },

  async remove(host, { key, netns, onDelete, previousValue }, { value }) {
    if (onDelete === "restore" && previousValue !== undefined && value !== previousValue) {
      await writeSysctl(host, netns, key, previousValue);
    }
  },
});
