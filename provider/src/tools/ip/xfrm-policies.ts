import type { Host } from "../../host";
import { canonicalAddress } from "../../schema/fields";
import { ipAll } from "./batch";
import {
  firstWord,
  isEmptyLine,
  linesOf,
  listXfrm,
  markWords,
  option,
  parseMark,
  parseSelector,
  type Selector,
  selectorWords,
} from "./xfrm";

export interface PolicyKey extends Selector {
  readonly direction: string;
  readonly mark?: string | undefined;
  readonly ifId?: number | undefined;
}

interface PolicySettings {
  readonly priority: number;
  readonly action: string;
  readonly templates: readonly Template[];
}

/** The transformation that a packet needs. A missing address means any address. */
export interface Template {
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  readonly protocol: string;
  readonly mode: string;
  readonly spi?: number | undefined;
  readonly reqid?: number | undefined;
  readonly level: string;
}

export interface PolicyEntry extends PolicySettings {
  /** The first line that ip prints of it, and the direction. */
  readonly title: string;
  /** Undefined: no inputs can identify this policy. */
  readonly key: PolicyKey | undefined;
  /** A property, in ip's words, that no input can express. */
  readonly strange?: string;
}

export async function showPolicies(host: Host, netns: string | undefined): Promise<PolicyEntry[]> {
  return (await listXfrm(host, netns, "policy")).map(parsePolicy);
}

interface Draft {
  place?: string;
  priority: number;
  action: string;
  flags: string;
  ptype: string;
  mark?: string;
  ifId?: number;
  templates: Template[];
  strange?: string;
}

/** Parses the output of ip -s. */
export function parsePolicy(text: string): PolicyEntry {
  const [first = "", ...lines] = linesOf(text);
  const draft: Draft = { priority: 0, action: "allow", flags: "", ptype: "main", templates: [] };
  for (const line of lines) {
    if (!isEmptyLine(line) && !readLine(draft, line)) draft.strange ??= firstWord(line);
  }
  const { place = "", priority, action, flags, ptype, mark, ifId, templates } = draft;
  const selector = parseSelector(first);
  const strange = draft.strange ?? (flags ? `flag ${flags}` : undefined);
  const [, direction] = /^dir (\S+)$/.exec(place) ?? [];
  const isExpressible = typeof selector !== "string" && direction !== undefined && ptype === "main";
  return {
    title: `${first.replace(/ uid \d+$/, "")} ${place} priority ${priority}`,
    key: isExpressible ? { direction, ...selector, mark, ifId } : undefined,
    ...{ priority, action, templates },
    ...(strange !== undefined && { strange }),
  };
}

function readLine(draft: Draft, line: string): boolean {
  const last = draft.templates.at(-1);
  const [, place, action, priority, ptype, flags] =
    /^((?:dir|socket) \S+) action (\S+) index \d+ priority (\d+) ptype (\S+) share any flag(.*)\(0x[0-9a-f]+\)$/.exec(
      line,
    ) ?? [];
  if (place !== undefined) {
    Object.assign(draft, { place, action, priority: Number(priority), ptype, flags: flags?.trim() ?? "" });
    return true;
  }
  const [, mark] = /^mark (\S+)$/.exec(line) ?? [];
  if (mark !== undefined) draft.mark = parseMark(mark);
  const [, number] = /^if_id (0x[0-9a-f]+)$/.exec(line) ?? [];
  if (number !== undefined) draft.ifId = Number(number);
  const [, source, destination] = /^tmpl src (\S+) dst (\S+)$/.exec(line) ?? [];
  if (source !== undefined) draft.templates.push(template({ source: some(source), destination: some(destination) }));
  const [, protocol, spi, reqid, mode] =
    /^proto (\S+) spi (0x[0-9a-f]+)\S* reqid (\d+)\S* mode (\S+)$/.exec(line) ?? [];
  if (protocol !== undefined && last)
    change(draft, { protocol, mode: mode ?? "", spi: Number(spi) || undefined, reqid: Number(reqid) || undefined });
  const [, level] = /^level (\S+) share any$/.exec(line) ?? [];
  if (level !== undefined && last) change(draft, { level });
  const isMask = /^enc-mask ffffffff auth-mask ffffffff comp-mask ffffffff$/.test(line);
  return isMask || [mark, number, source].some(Boolean) || (last !== undefined && (protocol ?? level) !== undefined);
}

/** Keys in the order of the inputs, without undefined ones. */
function template(values: Partial<Template>): Template {
  const { source, destination, protocol = "", mode = "", spi, reqid, level = "" } = values;
  const entries = Object.entries({ source, destination, protocol, mode, spi, reqid, level });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as unknown as Template;
}

function change(draft: Draft, values: Partial<Template>): void {
  const last = draft.templates.pop();
  draft.templates.push(template({ ...last, ...values }));
}

function some(address: string | undefined): string | undefined {
  return address === undefined || ["0.0.0.0", "::"].includes(address) ? undefined : canonicalAddress(address);
}

/** Adds a policy, or replaces the one with the same key, so that packets always meet one of the two. */
export async function putPolicy(
  host: Host,
  netns: string | undefined,
  key: PolicyKey,
  { priority, action, templates }: PolicySettings,
  isThere: boolean,
): Promise<void> {
  const words = [
    ...[...keyWords(key), "priority", String(priority), "action", action],
    ...templates.flatMap((each) => templateWords(key, each)),
  ];
  await ipAll(host, netns, [["xfrm", "policy", isThere ? "update" : "add", ...words]]);
}

export async function deletePolicy(host: Host, netns: string | undefined, key: PolicyKey): Promise<void> {
  await ipAll(host, netns, [["xfrm", "policy", "delete", ...keyWords(key)]]);
}

function keyWords(key: PolicyKey): string[] {
  return [...selectorWords(key), "dir", key.direction, ...markWords(key.mark), ...option("if_id", key.ifId)];
}

function templateWords(key: PolicyKey, template: Template): string[] {
  const { source, destination, protocol, mode, spi, reqid, level } = template;
  const any = (source ?? destination ?? key.source).includes(":") ? "::" : "0.0.0.0";
  return [
    ...["tmpl", "src", source ?? any, "dst", destination ?? any, "proto", protocol],
    ...[...option("spi", spi), ...option("reqid", reqid), "mode", mode, "level", level],
  ];
}
