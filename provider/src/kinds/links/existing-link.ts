import { isDeepStrictEqual } from "node:util";
import { defineKind } from "../../core/kind";
import { addShare, eraseShare, listUnshared } from "../../core/ledger";
import { withLock } from "../../host/lock";
import { at, parseAt } from "../../schema/fields";
import { type Link, showLink, showLinks } from "../../tools/ip/links";
import { hostNamespace } from "./created-in";
import { existingArgs, existingInputs } from "./existing-link-args";
import { beforeOf, flat, requireAgreement, union, type Wanted } from "./existing-link-shares";
import { apply, holdersOf, observedOf, placeOf, undo, wantedOf } from "./existing-link-state";
import { fallbackLinks, importableTypes, linkOutputs } from "./link";
import { forgetMove, isMovedBy, moveBack, moveIn } from "./moved-link";
import { linkRules } from "./options";
import { requireLink } from "./usable";

export const link = defineKind({
  type: "Link",
  summary:
    "An existing link, such as `lo`, an uplink or `tunl0`. The given inputs are set, and restored by destroy; with `from`, it is moved. The link is never made or removed. It must not be a link that another resource makes.",
  tags: ["link"],
  args: existingArgs,
  outputs: linkOutputs,
  needs: ["ip"],
  /** `NAME@NETNS` */
  id: ({ name, netns }) => at(name, netns),

  *rules(args) {
    yield* linkRules(args);
    if (args.name === "lo" && args.master !== undefined) yield ["master", "must not be given: lo cannot be a port"];
    if (args.master === args.name) yield ["master", "must be another link"];
    if (args.from !== undefined && (args.from === hostNamespace ? undefined : args.from) === args.netns)
      yield ["from", "must be another namespace than netns"];
    if (args.from !== undefined && args.name === "lo")
      yield ["from", "must not be given: every namespace has its own lo"];
    if (args.from === undefined && existingInputs.every((key) => (args as Record<string, unknown>)[key] === undefined))
      yield ["up", "or another input must be given: there is nothing to set"];
  },

  async observe(host, args, recorded) {
    const link = await showLink(host, args.netns, args.name);
    if (!link || (args.from !== undefined && !(await isMovedBy(host, args, [args.owner, recorded?.owner]))))
      return undefined;
    const [wanted, before] = [wantedOf(args), recorded && wantedOf(recorded)];
    const isLess = before && Object.keys(before).some((key) => !isDeepStrictEqual(before[key], wanted[key]));
    return observedOf(
      host,
      args,
      link,
      isLess ? await holdersOf(host, args, recorded?.owner ?? args.owner) : undefined,
    );
  },

  async ensure(host, args, _observed, recorded) {
    const place = placeOf(args);
    return withLock(host, place, async () => {
      const { from } = args;
      const isMoved = from !== undefined && (await moveIn(host, { ...args, from }, recorded?.owner));
      const wanted = wantedOf(args);
      const holders = await holdersOf(host, args, recorded?.owner ?? args.owner);
      const { mine, others, all } = holders;
      requireAgreement(others, recorded?.owner ?? args.owner, wanted);
      const existing = await observedOf(host, args, await requireLink(host, args), holders);
      const now = flat(existing.inputs, existingInputs);
      const note = async (value: Wanted) => {
        const entry = { owner: args.owner, before: beforeOf(value, all, now), value };
        await addShare(host, place, entry);
      };
      // What is no longer wanted stays recorded until it is restored.
      const both = union(mine?.value, wanted);
      if (mine?.owner !== args.owner || !isDeepStrictEqual(mine.value, both)) await note(both);
      const observeNow = async () => observedOf(host, args, await requireLink(host, args), holders);
      let after: Awaited<ReturnType<typeof observeNow>>;
      try {
        await apply(host, args, existing, wanted, holders);
        after = await observeNow();
      } catch (error) {
        await undo(host, args, existing, both).catch(() => undefined);
        const isUndone = isDeepStrictEqual((await observeNow()).inputs, existing.inputs);
        if (isUndone && isMoved) await moveBack(host, { ...args, from }).catch(() => undefined);
        if (isUndone) await (mine ? addShare(host, place, mine) : eraseShare(host, place, args.owner));
        throw error;
      }
      if (!isDeepStrictEqual(both, wanted)) await note(wanted);
      if (mine && mine.owner !== args.owner) await eraseShare(host, place, mine.owner);
      return { observed: after };
    });
  },

  async remove(host, args) {
    const place = placeOf(args);
    await withLock(host, place, async () => {
      const holders = await holdersOf(host, args, args.owner);
      const existing = await observedOf(host, args, await requireLink(host, args), holders);
      await apply(host, args, existing, {}, holders);
      await eraseShare(host, place, args.owner);
      const { from } = args;
      if (from !== undefined) await moveBack(host, { ...args, from });
    });
  },

  async cleanUp(host, args, observed) {
    if (observed) return;
    await eraseShare(host, placeOf(args), args.owner);
    await forgetMove(host, args);
  },

  imports: {
    parse: parseAt,
    async list(host, netns) {
      const links = (await showLinks(host, netns)).filter(isImportable);
      return Promise.all(
        links.map(async ({ ifname: name, linkinfo }) => {
          const kind = linkinfo?.info_kind;
          const unshared = await listUnshared(host, placeOf({ name, netns }), at(name, netns));
          return kind && !fallbackLinks.includes(name)
            ? { ...unshared, omit: `there is no kind of resource for links of type ${kind}` }
            : unshared;
        }),
      );
    },
    inputs: (_args, { inputs: { up, master, promiscuous } }) => ({ up, master, promiscuous: promiscuous || undefined }),
  },
});

/** No other kind lists the link, and it is in use. */
function isImportable(link: Link): boolean {
  const { ifname, linkinfo, flags, master } = link;
  const isImportableAs = importableTypes.get(linkinfo?.info_kind ?? "");
  if (ifname === "lo" || (isImportableAs && (isImportableAs(link) || !fallbackLinks.includes(ifname)))) return false;
  return flags.includes("UP") || master !== undefined || !fallbackLinks.includes(ifname);
}
