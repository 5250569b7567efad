import { z } from "zod";
import { defineKind } from "../../core/kind";
import { addShare, eraseShare, listEntries, listUnshared, readShares } from "../../core/ledger";
import { notice } from "../../core/notice";
import { stackOf } from "../../core/ownership";
import type { Host } from "../../host";
import { withLock } from "../../host/lock";
import { printable } from "../../schema/fields";
import { canonicalName, dependencies, hasModule, loadedModules } from "../../tools/modules";
import { findUsers } from "./setting-users";

const moduleName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 of letters, digits, "_" and "-"');
const parameterName = z.string().regex(/^[A-Za-z0-9_]+$/, "must have names of letters, digits and _");

/** The modules with settings that labs use, and the folders of these. Other modules are loaded by what uses them. */
const withSettings = new Map([
  ["br_netfilter", "net/bridge/"],
  ["ip_vs", "net/ipv4/vs/"],
]);

export const kernelModule = defineKind({
  type: "KernelModule",
  summary: "A loaded kernel module. A module that is built into the kernel counts too.",
  args: {
    /**
     * Name for `modprobe`. A module belongs to the whole host, even if the program only uses a namespace: with
     * `br_netfilter`, iptables filters every bridge, unless `net.bridge.bridge-nf-call-iptables` of its namespace is 0.
     */
    name: moduleName.meta({ replace: true, existing: true }),
    /** Parameters for loading it. They have no effect if it is loaded already. */
    parameters: z
      .record(
        parameterName,
        z.union([z.number(), z.boolean(), printable.regex(/^\S*$/, "must not contain blanks")]).transform(String),
      )
      .optional()
      .meta({ replace: true }),
    /**
     * What destroy does: "restore" unloads the modules that this resource loaded, unless something uses them or their
     * settings; "keep" leaves them.
     */
    onDelete: z.enum(["restore", "keep"], { error: "must be restore or keep" }).default("restore"),
  },
  outputs: {
    /**
     * The modules that this resource loaded, in that order: the ones it depends on, then itself. Empty if it was loaded
     * before.
     */
    loadedByUs: z.array(z.string()),
  },
  needs: ["modprobe", "ip"],
  /** `NAME` */
  id: ({ name }) => name,

  async observe(host, { name }) {
    return (await hasModule(host, name)) ? { inputs: {}, outputs: {} } : undefined;
  },

  ensure: (host, { name, parameters = {}, owner }, observed, recorded) =>
    withLock(host, modules, async () => {
      const holders = await readShares(host, placeOf(name));
      const loadedByUs =
        (holders[0]?.before as string[] | undefined) ?? recorded?.loadedByUs ?? (await missing(host, name));
      if (!holders.some((each) => each.owner === owner))
        await addShare(host, placeOf(name), { owner, before: loadedByUs, value: await usersOf(host, name) });
      const values = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
      try {
        if (!observed) await host.run(["modprobe", "--", name, ...values]);
      } catch (error) {
        if (!(await hasModule(host, name))) await eraseShare(host, placeOf(name), owner);
        throw error;
      }
      const former = recorded?.owner ?? owner;
      if (former !== owner) await eraseShare(host, placeOf(name), former);
      return { outputs: { loadedByUs } };
    }),

  remove: (host, { name, onDelete, loadedByUs = [], owner }) =>
    withLock(host, modules, async () => {
      const [ours] = (await readShares(host, placeOf(name))).filter((each) => each.owner === owner);
      await eraseShare(host, placeOf(name), owner);
      if (onDelete === "keep" || (await readShares(host, placeOf(name))).length > 0) return;
      const user = loadedByUs.length > 0 ? await findUser(host, name, owner, ours?.value) : undefined;
      if (user) return notice(`KernelModule ${name} stays loaded: ${user}`);
      // Unloads one by one, the last loaded first: "modprobe -r" would also unload modules that were loaded before.
      for (const each of [...loadedByUs].reverse()) {
        const users = (await loadedModules(host)).get(each);
        if (users === 0 && !(await hasLinks(host, each))) await host.run(["rmmod", each]);
      }
    }),

  async cleanUp(host, { name, owner }, observed) {
    if (!observed) await eraseShare(host, placeOf(name), owner);
  },

  noted: {
    async recall(host, { name, owner }) {
      const ours = (await readShares(host, placeOf(name))).find((each) => each.owner === owner);
      return { loadedByUs: (ours?.before ?? []) as string[] };
    },
  },

  imports: {
    parse: (name) => ({ name }),
    async list(host, netns) {
      if (netns !== undefined) return [];
      const existing = await loadedModules(host);
      const names = [...withSettings.keys()].filter((name) => existing.has(name));
      return Promise.all(names.map((name) => listUnshared(host, placeOf(name), name)));
    },
  },
});

/** Modules depend on each other, so only one is changed at a time. */
const modules = { netns: undefined, what: "KernelModule" };

function placeOf(name: string) {
  return { netns: undefined, what: `KernelModule ${name}` };
}

/** The modules that loading this one would load, in that order: its dependencies, then itself. */
async function missing(host: Host, name: string): Promise<string[]> {
  const [needed, existing] = await Promise.all([dependencies(host, name), loadedModules(host)]);
  return (needed ?? []).filter((each) => !existing.has(each));
}

/** The folder of a module's settings. */
const settingOf = (name: string) => withSettings.get(canonicalName(name));

async function usersOf(host: Host, name: string): Promise<string[]> {
  return findUsers(host, undefined, settingOf(name) ?? "");
}

/** Who uses the settings of a module. The kernel does not count that as use, and would remove the settings with the module. */
async function findUser(host: Host, name: string, owner: string, before: unknown): Promise<string | undefined> {
  const folder = settingOf(name);
  if (folder === undefined) return undefined;
  const entries = await listEntries(host);
  const entry = entries.find(({ what, owner: whose }) => {
    return what.startsWith(`Sysctl ${folder}`) && stackOf(whose) !== stackOf(owner);
  });
  if (entry) return `${entry.owner} has set ${entry.what.replace("Sysctl ", "")}`;
  const known = Array.isArray(before) ? before : [];
  const users = (await usersOf(host, name)).filter((each) => !known.includes(each));
  return users.length > 0 ? `${users.join(", ")} appeared since, and may need it` : undefined;
}

/**
 * Are there links of this kind in any namespace? The kernel does not count them as users of the module, and unloading it
 * would delete them all.
 */
async function hasLinks(host: Host, kind: string): Promise<boolean> {
  const show = ["ip", "-o", "link", "show", "type", kind];
  const outputs = await Promise.all(
    [show, ["ip", "-all", "netns", "exec", ...show]].map((argv) => host.run(argv, { accept: "any" })),
  );
  return outputs.some(({ stdout }) => /^\d+: /m.test(stdout));
}
