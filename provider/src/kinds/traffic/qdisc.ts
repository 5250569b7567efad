import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import { unsetValue } from "../../core/unset";
import type { Host } from "../../host";
import { at, deviceName, parseAt } from "../../schema/fields";
import { showLink, showLinks } from "../../tools/ip/links";
import { changeTc, hasBlock, keepQueueLength, type Qdisc, showHtbClasses, showQdiscs } from "../../tools/tc";
import { impairmentHandle } from "../links/impairment";
import { importableTypes } from "../links/link";
import { classCommands, classid, sorted } from "./htb-classes";
import { type DisciplineName, disciplineOf, disciplines, type OptionKey, optionArgs } from "./qdisc-options";

const args = {
  /** Link that sends through it; `lo` is possible too. */
  device: deviceName.meta({ replace: true, reference: "name", of: "link" }),
  ...inNetns,
  /** Kind, by `tc`'s name. `ingress` and `clsact` have no queue: they only hold filters of incoming packets. */
  kind: z.enum(Object.keys(disciplines) as [DisciplineName, ...DisciplineName[]]).meta({ replace: true }),
  /** Class that contains it, such as `1:10` of another queueing discipline on the link. Default: none, it is the root. */
  parent: classid.optional().meta({ replace: true }),
  /** Its number, such as `1:`, hexadecimal, 1 to ffff. Default: `1:` for the root, and `10:` in a class 1:10. */
  handle: z
    .string()
    .regex(
      /^(?!0+:)[0-9A-Fa-f]{1,4}:$/,
      "must be a hexadecimal number of 1 to 4 digits, not 0, and a colon, such as 1:",
    )
    .transform((text) => `${Number.parseInt(text, 16).toString(16)}:`)
    .refine((text) => text !== impairmentHandle, `must not be ${impairmentHandle}, which impairments of links use`)
    .optional()
    .meta({ replace: true }),
  ...optionArgs,
} as const;

type QdiscArgs = Args<typeof args>;
type Key = Pick<QdiscArgs, "device" | "netns" | "parent"> & { readonly kind?: string | undefined };

const isForIncoming = (kind: string | undefined) => kind === "ingress" || kind === "clsact";

export const qdisc = defineKind({
  type: "Qdisc",
  summary:
    "A queueing discipline of a link (`tc qdisc`), with the classes of an htb. For delay and losses only, use the input `impairment` of links.",
  args,
  outputs: {},
  needs: ["tc"],
  unmarked: true,
  /** `DEVICE/root@NETNS`; in a class `DEVICE/1:10@NETNS`; `DEVICE/ingress@NETNS`, `DEVICE/clsact@NETNS` */
  id: idOf,
  disturbs: ({ netns }) => [netns],

  *rules(args) {
    const { kind, parent, handle, htb } = args;
    const optionKey = disciplineOf(kind)?.key;
    for (const key of Object.keys(optionArgs) as OptionKey[])
      if (key !== optionKey && args[key] !== undefined) yield [key, `must not be given for kind ${kind}`];
    if (optionKey === "tbf" && !args.tbf)
      yield ["tbf", "must be given for kind tbf: rateKbit, burstBytes and latencyMs"];
    if (isForIncoming(kind)) {
      for (const key of ["parent", "handle"] as const)
        if (args[key] !== undefined) yield [key, `must not be given for kind ${kind}`];
    } else if (parent?.startsWith(handleOf(args)))
      yield ["handle", `${handle ? "must" : "must be given, and"} differ from the number before the colon of parent`];
    const strange = htb?.classes.find(({ classid }) => !classid.startsWith(handleOf(args)));
    if (strange)
      yield ["htb.classes", `must have ${handleOf(args)} before the colon of each number: ${strange.classid}`];
  },

  async observe(host, args, recorded) {
    const place = placeOf(args);
    const all = await showQdiscs(host, args.netns);
    const entry = all.find((each) => each.dev === args.device && placeOfQdisc(each) === place);
    if (!entry) return undefined;
    const { kind, handle } = entry;
    const known = { ...recorded, ...args } as Readonly<Record<string, unknown>>;
    const { key, read } = disciplineOf(kind) ?? {};
    const classes = kind === "htb" ? await showHtbClasses(host, args.netns, args.device, handle) : [];
    const options = key && read?.(entry.options, known[key] as never);
    const other = otherThan(args, entry);
    return {
      owner: other ?? null,
      ...(other !== undefined && { otherKind: true }),
      inputs: {
        ...{ kind, handle },
        ...(key && { [key]: kind === "htb" ? { ...(options as object), classes: sorted(classes) } : options }),
      } as ObservedInputs,
      outputs: {},
      detail: { handle, classes },
    };
  },

  async ensure(host, args, observed) {
    const { device, netns, kind } = args;
    const { key, words } = disciplineOf(kind) ?? {};
    const handle = observed?.detail.handle ?? handleOf(args);
    const place = [...placeWords(args), ...(isForIncoming(kind) ? [] : ["handle", handle])];
    const options = key && (args[key] ?? (unsetValue(optionInput(key), undefined) as QdiscArgs[OptionKey]));
    const kindWords = (isNew: boolean) => [
      ...(isForIncoming(kind) ? [] : [kind]),
      ...(words?.(options as never, isNew) ?? []),
    ];
    const module = `sch_${kind === "clsact" ? "ingress" : kind}`;
    const tc = (...commands: string[][]) => changeTc(host, netns, commands, module);
    const existing = key && observed?.inputs[key];
    const isRequested = key !== undefined && args[key] !== undefined;
    const [{ classes: wanted, ...others }, { classes: _, ...now }] = [options ?? {}, existing ?? {}] as [
      Options,
      Options,
    ];
    const add = async () => {
      const link = await showLink(host, netns, device);
      const make = () => tc(["qdisc", "add", "dev", device, ...place, ...kindWords(true)]);
      await (link ? keepQueueLength(host, netns, link, make) : make());
    };
    if (!observed) await add();
    else if (isRequested && !existing) {
      // A change would keep options that no input has.
      await tc(["qdisc", "del", "dev", device, ...place]);
      await add();
    } else if (isRequested && !isDeepStrictEqual(others, now))
      await tc(["qdisc", "change", "dev", device, ...place, ...kindWords(false)]);
    if (wanted && (!observed || isRequested))
      await tc(...classCommands(device, handle, wanted, observed?.detail.classes ?? []));
  },

  async remove(host, args, { detail }) {
    const { device, netns, kind } = args;
    const number = isForIncoming(kind) ? [] : ["handle", detail.handle];
    await changeTc(host, netns, [["qdisc", "del", "dev", device, ...placeWords(args), ...number]], `sch_${kind}`);
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, device, where = ""] = /^([^/]+)\/(root|ingress|clsact|[0-9a-f]+:[0-9a-f]+)$/.exec(name) ?? [];
      if (device === undefined) return undefined;
      const place = isForIncoming(where)
        ? { kind: where as DisciplineName }
        : where === "root"
          ? {}
          : { parent: where };
      return { device, netns, ...place };
    },
    list: async (host, netns) =>
      (await listQdiscs(host, netns)).map((each) => ({
        id: idOf({ device: each.dev, netns, parent: each.root ? undefined : each.parent, kind: each.kind }),
      })),
    inputs({ parent }, { inputs }) {
      const { kind, handle, ...options } = inputs;
      const key = disciplineOf(kind)?.key;
      const isUsual = isForIncoming(kind) || handle === handleOf({ parent });
      const isDefault = key !== undefined && isDeepStrictEqual(options[key], unsetValue(optionInput(key), undefined));
      return { kind, ...(!isUsual && { handle }), ...(!isDefault && options) };
    },
  },
});

type ObservedInputs = { readonly kind: string; readonly handle: string } & { readonly [K in OptionKey]?: object };
type Options = { readonly classes?: Parameters<typeof classCommands>[2] };

const optionInput = (key: OptionKey): z.ZodType => optionArgs[key];

function handleOf({ parent, handle }: Pick<QdiscArgs, "parent"> & { readonly handle?: string | undefined }): string {
  return handle ?? `${parent?.split(":")[1] ?? "1"}:`;
}

function placeOf({ parent, kind }: Pick<Key, "parent" | "kind">): string {
  return isForIncoming(kind) ? "ffff:fff1" : (parent ?? "root");
}

function placeOfQdisc({ root, parent = "" }: Qdisc): string {
  return root ? "root" : parent;
}

function idOf({ device, netns, parent, kind }: Key): string {
  return at(`${device}/${isForIncoming(kind) ? kind : (parent ?? "root")}`, netns);
}

function placeWords({ parent, kind }: Pick<QdiscArgs, "parent" | "kind">): string[] {
  if (isForIncoming(kind)) return [kind];
  return parent === undefined ? ["root"] : ["parent", parent];
}

/** What exists in the place of the wanted one. */
function otherThan({ kind: wanted }: { readonly kind?: string | undefined }, entry: Qdisc): string | undefined {
  const { root, kind, handle } = entry;
  if (root && kind === "netem" && handle === impairmentHandle) return "the impairment of the link";
  if (hasBlock(entry)) return "a queueing discipline with a block of filters, for which there are no inputs";
  if (wanted !== undefined && wanted !== kind) return `a queueing discipline of kind ${kind}`;
  return disciplineOf(kind) ? undefined : `a queueing discipline of kind ${kind}, for which there are no inputs`;
}

/** The queueing disciplines that inputs can express completely, and that are not a link's own `impairment`. */
async function listQdiscs(host: Host, netns: string | undefined): Promise<Qdisc[]> {
  const [all, links] = await Promise.all([showQdiscs(host, netns), showLinks(host, netns)]);
  const isImpairment = ({ root, kind, dev }: Qdisc) => {
    const link = links.find(({ ifname }) => ifname === dev);
    return root && kind === "netem" && link && importableTypes.get(link.linkinfo?.info_kind ?? "")?.(link);
  };
  return all.filter((each) => {
    const discipline = disciplineOf(each.kind);
    const isExpressible =
      discipline && (!discipline.read || discipline.read(each.options, undefined as never) !== undefined);
    return isExpressible && !hasBlock(each) && !isImpairment(each);
  });
}
