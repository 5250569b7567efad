import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { addShare, eraseShare, isShareVoid, listUnshared, readShares } from "../../core/ledger";
import { notice } from "../../core/notice";
import { requireAgreement } from "../../core/shared-setting";
import { LocalnetError } from "../../errors";
import { withLock } from "../../host/lock";
import { at, parseAt, printable, sysctlKey } from "../../schema/fields";
import { normalise, readSysctl } from "../../tools/sysctl";
import { findLoss, missingError, writeError } from "./sysctl-advice";
import {
  beforeOf,
  followerBefore,
  leadersValue,
  placeOf,
  reasonToStay,
  requestedValue,
  valueBefore,
} from "./sysctl-before";
import { readFamily, writeVariable } from "./sysctl-family";
import { listChanged } from "./sysctl-list";
import { groupOf, sysctlRules, variableOf } from "./sysctl-names";

export const sysctl = defineKind({
  type: "Sysctl",
  summary: "A kernel setting below `net`, of a namespace or of the host.",
  args: {
    /**
     * Key below `net`, `net.ipv4.ip_forward`. If the name of a link contains a dot: `net/ipv4/conf/eth0.10/forwarding` or
     * `net.ipv4.conf.eth0/10.forwarding`.
     */
    key: sysctlKey.meta({ replace: true }),
    ...inNetns,
    /** Value: a whole number or text. */
    value: z
      .union([z.int(), printable], { error: "must be a whole number or printable text" })
      .transform((value) => normalise(String(value))),
    /** What destroy does: "restore" the value from before, unless another program has come to need this one; or "keep" it. */
    onDelete: z.enum(["restore", "keep"], { error: "must be restore or keep" }).default("restore"),
  },
  outputs: {
    /** Value from before. */
    previousValue: z.string(),
  },
  needs: [],
  /** `KEY@NETNS`, the key with slashes */
  id: ({ key, netns }) => at(key, netns),
  rules: ({ key, value }) => sysctlRules(key, value),

  async observe(host, { key, netns }) {
    const value = await readSysctl(host, netns, key);
    return value === undefined ? undefined : { inputs: { value }, outputs: {} };
  },

  async ensure(host, { key, netns, value, owner }, _observed, recorded) {
    const variable = variableOf(key);
    const place = placeOf(variable, netns);
    return withLock(host, { netns, what: groupOf(variable) }, async () => {
      const [now, holders] = await Promise.all([readSysctl(host, netns, key), readShares(host, place)]);
      if (now === undefined) throw await missingError(host, netns, key);
      // After a rename, the entry of the former name is ours too, until the new one exists.
      const former = recorded?.owner ?? owner;
      requireAgreement(holders, former, value);
      const loss = now === value ? undefined : await findLoss(host, netns, variable, value);
      if (loss) throw new LocalnetError("LN_INPUT", loss.summary, { hint: loss.hint });

      const ours = holders.find((each) => each.owner === owner);
      const noted = ours && beforeOf(ours).undo;
      const family = now === value && !noted ? new Map() : await readFamily(host, netns, variable);
      const previous = ours || !(await isShareVoid(host, place, former)) ? recorded?.previousValue : undefined;
      const before = await valueBefore(host, netns, variable, now, holders, previous, family);
      const note = (undo?: Record<string, string>) =>
        addShare(host, place, { owner, before: { ...before, undo }, value });
      if (ours?.value !== value) await note(noted);
      try {
        const shared = (each: string) => requestedValue(host, netns, each);
        // The links follow as at the first write, unless this value is the one from before it.
        const follower = value === before.value ? followerBefore(before, now) : () => undefined;
        await writeVariable(host, netns, { variable, value, shared, follower, note, noted }, now, family);
      } catch (error) {
        const changed = (await readSysctl(host, netns, key)) !== now;
        if (!changed) await (ours ? addShare(host, place, ours) : eraseShare(host, place, owner));
        throw await writeError(host, netns, key, value, error);
      }
      if (former !== owner) await eraseShare(host, place, former);
      return { outputs: { previousValue: before.value } };
    });
  },

  async remove(host, { key, netns, onDelete, previousValue, owner }, { inputs: { value: now } }) {
    const variable = variableOf(key);
    const place = placeOf(variable, netns);
    await withLock(host, { netns, what: groupOf(variable) }, async () => {
      const holders = await readShares(host, place);
      const ours = holders.find((each) => each.owner === owner);
      const isKnown = previousValue !== undefined && (ours || !(await isShareVoid(host, place, owner)));
      if (onDelete === "restore" && isKnown && holders.every((each) => each === ours)) {
        const before = ours ? beforeOf(ours) : { value: previousValue };
        const value = (await leadersValue(host, netns, variable)) ?? before.value;
        const reason = value === now ? undefined : await reasonToStay(host, netns, variable, value, before);
        if (reason) notice(`Sysctl ${at(key, netns)} stays ${now}, it was ${value} before: ${reason}`);
        else {
          const shared = (each: string) => requestedValue(host, netns, each);
          const follower = followerBefore(before, now);
          const note = async (undo?: Record<string, string>) => {
            if (ours) await addShare(host, place, { ...ours, before: { ...before, undo } });
          };
          await writeVariable(
            host,
            netns,
            { variable, value, shared, follower, note, noted: before.undo },
            now,
            await readFamily(host, netns, variable),
          );
        }
      }
      await eraseShare(host, place, owner);
    });
  },

  async cleanUp(host, { key, netns, owner }, observed) {
    if (!observed) await eraseShare(host, placeOf(variableOf(key), netns), owner);
  },

  noted: {
    parse: (key, netns) => ({ key, netns }),
    async recall(host, { key, netns, owner }) {
      const holders = await readShares(host, placeOf(variableOf(key), netns));
      const ours = holders.find((each) => each.owner === owner);
      return ours ? { previousValue: beforeOf(ours).value } : {};
    },
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      return { key: name, netns };
    },
    async list(host, netns) {
      const changed = await listChanged(host, netns);
      return Promise.all(
        changed.map(async ({ key, omit }) => {
          const id = at(key, netns);
          return omit === undefined ? listUnshared(host, placeOf(key, netns), id) : { id, omit };
        }),
      );
    },
  },
});
