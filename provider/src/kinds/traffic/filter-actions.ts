import { z } from "zod";
import { deviceName, integer, number32 } from "../../schema/fields";
import { flowid, type Inexpressible, isOneOf } from "./filter-fields";
import { controls, policeArgs, policeWords, readPolice } from "./filter-police";

const kinds = ["drop", "pass", "redirect", "mirror", "skbedit", "vlanPush", "vlanPop", "police", "csum"] as const;
const directions = ["egress", "ingress"] as const;
/** In tc's order. */
const checksums = ["ip4h", "icmp", "igmp", "tcp", "udp", "udplite", "sctp"] as const;
const tags = ["802.1Q", "802.1ad"] as const;

const action = z.strictObject({
  /**
   * What it does: drops the packet (drop), ends the actions (pass), sends the packet (redirect) or a copy of it (mirror) to
   * another link, sets a mark or a priority (skbedit), adds or removes a VLAN tag (vlanPush, vlanPop), limits the rate
   * (police), or computes checksums again (csum).
   */
  kind: z.enum(kinds, { error: `must be one of ${kinds.join(", ")}` }),
  /** Link for the packet or its copy; for redirect and mirror. */
  device: deviceName.optional().meta({ reference: "name", of: "link" }),
  /** Does that link send it (egress) or receive it (ingress)? Default: egress. */
  direction: z.enum(directions, { error: "must be egress or ingress" }).optional(),
  /** New mark of the packet; for skbedit. */
  mark: number32.optional(),
  /** New priority of the packet, in the form of a class, `1:10`; for skbedit. */
  priority: flowid.optional(),
  /** Number of the VLAN; for vlanPush. */
  vlanId: integer(1, 4094).optional(),
  /** Protocol of the tag; for vlanPush. Default: 802.1Q. */
  vlanProtocol: z.enum(tags, { error: "must be 802.1Q or 802.1ad" }).optional(),
  /** Priority in the tag; for vlanPush. Default: 0. */
  vlanPriority: integer(0, 7).optional(),
  ...policeArgs,
  /** Checksums that are computed again: ip4h is that of the IPv4 header; for csum. */
  checksums: z
    .array(z.enum(checksums, { error: `must be one of ${checksums.join(", ")}` }))
    .min(1, "must not be empty")
    .refine((list) => new Set(list).size === list.length, "must not name a checksum twice")
    .overwrite((list) => checksums.filter((each) => list.includes(each)))
    .optional(),
  /** What becomes of the packet then: pipe, the next action; for csum. Default: pipe. */
  control: z.enum(controls, { error: `must be one of ${controls.join(", ")}` }).optional(),
});
export type Action = z.output<typeof action>;
type Key = Exclude<keyof Action, "kind">;

/** The inputs of each action, and those that it needs. */
const inputsOf: Readonly<Record<Action["kind"], readonly Key[]>> = {
  ...{ drop: [], pass: [], vlanPop: [] },
  ...{ redirect: ["device", "direction"], mirror: ["device", "direction"] },
  ...{ skbedit: ["mark", "priority"], vlanPush: ["vlanId", "vlanProtocol", "vlanPriority"] },
  ...{ police: Object.keys(policeArgs) as (keyof typeof policeArgs)[], csum: ["checksums", "control"] },
};
const needed: readonly Key[] = ["device", "vlanId", "rateKbit", "burstBytes", "checksums"];

function withDefaults(one: Action): Action {
  if (one.device !== undefined) return { ...one, direction: one.direction ?? "egress" };
  if (one.kind === "police") return { ...one, exceed: one.exceed ?? "drop", conform: one.conform ?? "pipe" };
  if (one.kind === "csum") return { ...one, control: one.control ?? "pipe" };
  if (one.kind !== "vlanPush") return one;
  return { ...one, vlanProtocol: one.vlanProtocol ?? "802.1Q", vlanPriority: one.vlanPriority ?? 0 };
}

/** Actions on the packets, one after the other. */
export const actionList = z
  .array(action)
  .superRefine((list, { addIssue }) => {
    for (const [index, one] of list.entries()) {
      const allowedKeys = inputsOf[one.kind];
      const issue = (key: string, message: string) => addIssue({ code: "custom", path: [index, key], message });
      for (const key of Object.keys(one) as (Key | "kind")[])
        if (key !== "kind" && one[key] !== undefined && !allowedKeys.includes(key))
          issue(key, `must not be given for ${one.kind}`);
      for (const key of needed)
        if (allowedKeys.includes(key) && one[key] === undefined) issue(key, `${one.kind} needs it`);
      if (one.kind === "skbedit" && one.mark === undefined && one.priority === undefined)
        issue("mark", "skbedit needs mark or priority");
    }
  })
  .overwrite((list) => list.map(withDefaults));

export function actionWords(one: Action): string[] {
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  const { kind, device, direction = "", mark, priority, vlanId, vlanProtocol, vlanPriority } = one;
  if (kind === "redirect" || kind === "mirror") return ["action", "mirred", direction, kind, ...option("dev", device)];
  if (kind === "skbedit") return ["action", "skbedit", ...option("mark", mark), ...option("priority", priority)];
  if (kind === "police") return policeWords({ ...one, kind });
  if (kind === "csum") return ["action", "csum", ...(one.checksums ?? []), ...(one.control ? [one.control] : [])];
  if (kind === "vlanPop") return ["action", "vlan", "pop"];
  if (kind === "vlanPush")
    return [
      ...["action", "vlan", "push", ...option("id", vlanId), ...option("protocol", vlanProtocol)],
      ...option("priority", vlanPriority),
    ];
  return ["action", kind];
}

/** The kernel module of an action. */
export function moduleOfAction({ kind }: Action): string {
  if (kind === "redirect" || kind === "mirror") return "act_mirred";
  if (kind === "skbedit") return "act_skbedit";
  if (kind === "police" || kind === "csum") return `act_${kind}`;
  return kind === "drop" || kind === "pass" ? "act_gact" : "act_vlan";
}

/** Reads tc's text. `wanted`: the action that it should be, which shows what tc rounded. */
export function readAction(text: string, wanted?: Action): Action | Inexpressible {
  const mirred = /^mirred \((Egress|Ingress) (Redirect|Mirror) to device ([^\s*]\S*)\) (stolen|pipe)$/.exec(text);
  if (mirred) {
    const [, direction = "", verb = "", device = "", control] = mirred;
    const kind = verb === "Redirect" ? "redirect" : "mirror";
    if ((kind === "redirect") === (control === "stolen"))
      return { kind, device, direction: direction.toLowerCase() as (typeof directions)[number] };
  }
  const [, gact] = /^gact action (drop|pass)$/.exec(text) ?? [];
  if (gact) return { kind: gact as "drop" | "pass" };
  if (text === "vlan pop pipe") return { kind: "vlanPop" };
  const push = /^vlan push id (\d+) protocol (802\.1Q|802\.1ad) priority (\d) pipe$/.exec(text);
  if (push)
    return {
      ...{ kind: "vlanPush", vlanId: Number(push[1]), vlanProtocol: push[2] as (typeof tags)[number] },
      vlanPriority: Number(push[3]),
    };
  const police = readPolice(text, wanted);
  if (police) return police;
  const [, list = "", control = ""] = /^csum \(([a-z, ]+)\) action (\w+)$/.exec(text) ?? [];
  const names = list.split(", ").map((each) => (each === "iph" ? "ip4h" : each));
  if (isOneOf(controls, control) && names.every((each) => isOneOf(checksums, each)))
    return { kind: "csum", checksums: names as (typeof checksums)[number][], control };
  const edit = /^skbedit(?: priority (\S+))?(?: mark (\d+))? pipe$/.exec(text);
  if (!edit) return { inexpressible: [text] };
  const [, priority, mark] = edit;
  return {
    kind: "skbedit",
    ...(mark !== undefined && { mark: Number(mark) }),
    ...(priority !== undefined && { priority }),
  };
}
