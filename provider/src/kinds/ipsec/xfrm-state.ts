import { isDeepStrictEqual } from "node:util";
import { toJsonValues } from "../../core/compare";
import { defineKind } from "../../core/kind";
import { at, parseAt } from "../../schema/fields";
import { deleteState, putState } from "../../tools/ip/xfrm-state-change";
import {
  matchesMarkOf,
  type StateEntry,
  type StateKey,
  type StateSettings,
  showStates,
} from "../../tools/ip/xfrm-states";
import { type XfrmStateArgs, xfrmStateArgs, xfrmStateRules } from "./xfrm-state-args";

export const xfrmState = defineKind({
  type: "XfrmState",
  summary:
    "An IPsec state (`ip xfrm state`): how the packets of one direction are encrypted or authenticated. A change makes it again, and its counters start at 0.",
  args: xfrmStateArgs,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `PROTOCOL/DESTINATION/SPI@NETNS`, such as `esp/10.0.0.2/0x101`; with a mark `esp/10.0.0.2/0x101 mark 0x1` */
  id: (args) => idOf(args, args.netns),

  rules: xfrmStateRules,

  async observe(host, args) {
    return observedFrom(await showStates(host, args.netns), keyOf(args));
  },

  async ensure(host, args, observed) {
    if (observed && isSame(args, observed.inputs)) return;
    await putState(host, args.netns, keyOf(args), settingsOf(args), observed?.inputs);
  },

  async remove(host, args) {
    await deleteState(host, args.netns, keyOf(args));
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, protocol, destination, spi, mark] = /^(esp|ah)\/([^/\s]+)\/(\S+?)(?: mark (\S+))?$/.exec(name) ?? [];
      if (protocol === undefined || destination === undefined) return undefined;
      return { protocol: protocol as "esp" | "ah", destination, spi: Number(spi), mark, netns };
    },
    async list(host, netns) {
      return (await showStates(host, netns)).filter(isNumbered).map((entry) => ({ id: idOf(entry, netns) }));
    },
  },
});

/** Was it made by a user? The kernel makes states for other protocols, and ones without a number. */
function isNumbered({ protocol, spi }: StateKey): boolean {
  return ["esp", "ah"].includes(protocol) && spi > 0;
}

function idOf(key: StateKey, netns: string | undefined): string {
  const { protocol, destination, spi, mark } = key;
  const name = `${protocol}/${destination}/0x${spi.toString(16)}`;
  return at(mark === undefined ? name : `${name} mark ${mark}`, netns);
}

function keyOf({ protocol, destination, spi, mark }: StateKey): StateKey {
  return { protocol, destination, spi, mark };
}

/** If states differ only in their marks, the kernel may take one for the other, and can then change neither of them alone. */
function observedFrom(entries: readonly StateEntry[], key: StateKey) {
  const near = entries.filter(
    ({ protocol, destination, spi }) => protocol === key.protocol && destination === key.destination && spi === key.spi,
  );
  const entry = near.find(({ mark }) => mark === key.mark);
  const twin = near.find((each) => each !== entry && matchesMarkOf(each, key));
  const existing = entry ?? twin;
  if (!existing) return undefined;
  const other = twin
    ? `the state with mark ${twin.mark ?? "none"}`
    : existing.strange && `a state with ${existing.strange}`;
  return {
    owner: other ?? null,
    ...(other !== undefined && { otherKind: true }),
    inputs: settingsOf(existing),
    outputs: {},
  };
}

function settingsOf(state: StateEntry | XfrmStateArgs): StateSettings {
  const { source, reqid, mode, ifId, aead, encryption, authentication, encapsulation, selector } = state;
  const { replayWindow, flags } = state;
  return {
    ...{ source, reqid, mode, ifId, aead, encryption, replayWindow, flags },
    ...{ encapsulation, selector: selector as StateSettings["selector"] },
    authentication: authentication as StateSettings["authentication"],
  };
}

function isSame(wanted: XfrmStateArgs, existing: StateSettings): boolean {
  return isDeepStrictEqual(toJsonValues({ ...settingsOf(wanted) }), toJsonValues({ ...existing }));
}
