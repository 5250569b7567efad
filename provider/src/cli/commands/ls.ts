import { Command } from "commander";
import { kinds } from "../../kinds";
import { oneLine, visibleJson } from "../../text";
import { compareWithKernel, type ObjectState } from "../compare";
import { exitCodes } from "../outcome";
import type { Run } from "../run";
import { addSource, readObjects, type SourceOptions, settingsOf } from "../source";
import { table } from "../table";
import { idIn, isNamespace, type Link, namespaceOf, topologyOf } from "../topology/topology";

interface Options extends SourceOptions {
  readonly expectNoChanges?: boolean;
}

export function ls(run: Run): Command {
  return addSource(new Command("ls"))
    .summary("list namespaces, links, addresses and all else, and what differs from the state")
    .description(
      "Lists what a stack has, and looks at each object, as pulumi refresh does: ok, gone, differs, or unknown where nobody could look. Changes nothing. With --live: what a host has, and whose it is.",
    )
    .option("--expect-no-changes", `exit with ${exitCodes.wrong} unless all is as the state says`)
    .action((options: Options) => run(() => list(options)));
}

async function list(options: Options): Promise<number> {
  const states = await compareWithKernel(await readObjects(options), settingsOf(options));
  const rows = rowsOf(states);
  if (options.json) process.stdout.write(`${visibleJson(rows)}\n`);
  else process.stdout.write(text(rows, Boolean(options.live), process.stdout.columns));
  const isAsRecorded = rows.every(({ state }) => state === "ok" || state === "-");
  return options.expectNoChanges && !isAsRecorded ? exitCodes.wrong : exitCodes.ok;
}

interface Row {
  readonly host?: string | undefined;
  readonly netns?: string | undefined;
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly owner?: string | undefined;
  /** The link, or the object's id in its namespace. */
  readonly object: string;
  readonly addresses: readonly string[];
  /** What a link is connected to: its other end, its bridge, the link below. */
  readonly leadsTo: readonly string[];
  readonly state: ObjectState["state"];
  readonly remarks: readonly string[];
}

/** A row for each link and for each other object, by host and namespace. */
export function rowsOf(states: readonly ObjectState[]): Row[] {
  const { links } = topologyOf(states.map(({ object }) => object));
  const rows = states.flatMap(({ object, state, remarks }): Row[] => {
    const { type, name, id, owner, host, netns } = object;
    const common = { host, type, name, id, owner, state, remarks };
    const linksOfObject = links.filter((link) => link.object === object);
    const ofLinks = linksOfObject.map((link) => ({
      ...{ ...common, netns: link.netns, object: link.name, addresses: link.addresses, leadsTo: leadsTo(link) },
    }));
    if (linksOfObject.length > 0) return ofLinks;
    const place = isNamespace(object) ? namespaceOf(object) : netns;
    return [{ ...common, netns: place, object: isNamespace(object) ? "" : idIn(object), addresses: [], leadsTo: [] }];
  });
  return rows.sort(
    (a, b) => byText(a.host, b.host) || byText(a.netns, b.netns) || byKind(a, b) || byText(a.object, b.object),
  );
}

const order = Object.keys(kinds);

function byKind(a: Row, b: Row): number {
  return order.indexOf(a.type) - order.indexOf(b.type);
}

/** Numeric order: pod-2 comes before pod-10. The host's own namespace comes first. */
function byText(a = "", b = ""): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function leadsTo({ peer, master, lower, netns }: Link): string[] {
  const far = peer && (peer.netns === netns ? peer.name : `${peer.name}@${peer.netns ?? "host"}`);
  return [far, master && `in ${master}`, lower && `on ${lower}`].filter((each) => each !== undefined);
}

function text(rows: readonly Row[], isLive: boolean, width?: number): string {
  const last = isLive ? "OWNER" : "STATE";
  const cells = rows.map((row) => [
    ...[row.host ?? "", row.netns ?? "(host)", row.type, row.object, row.addresses.join(" "), row.leadsTo.join(" ")],
    isLive ? (row.owner ?? "") : row.state,
  ]);
  const headings = ["HOST", "NAMESPACE", "KIND", "OBJECT", "ADDRESSES", "LEADS TO", last];
  return `${table(headings, cells, width)}${remarks(rows)}`;
}

/** The differences, a line each, and the command that repairs them. */
function remarks(rows: readonly Row[]): string {
  const notes = new Set(rows.flatMap(({ type, name, remarks }) => remarks.map((each) => `${type} ${name}: ${each}`)));
  const isChanged = rows.some(({ state }) => state === "gone" || state === "differs");
  const lines = [...notes].map(oneLine);
  if (isChanged) lines.push("pulumi up --refresh puts back what is gone or differs");
  return lines.length > 0 ? `\n${lines.join("\n")}\n` : "";
}
