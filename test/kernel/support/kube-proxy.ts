import type { KubeProxyNodeArgs } from "../../../provider/src";
import { checkNode } from "../../../provider/src/components/kube-proxy/check";
import { check, type Values } from "../../../provider/src/core/check";
import { diff } from "../../../provider/src/core/diff";
import { create, remove, update } from "../../../provider/src/core/lifecycle";
import { kinds } from "../../../provider/src/kinds";
import { objectsOf } from "../../../provider/src/kinds/services/objects";
import type { Planned } from "../../../provider/src/kinds/services/plan";
import { byChain, ruleText } from "../../../scripts/kubernetes/objects.mjs";
import { type Family, type Mode, recorded, type Saved, tablesIn } from "../../fixtures/kube-proxy/recorded";
import { hostUrl, settings, type World } from "./world";

interface Resource {
  readonly kind: keyof typeof kinds;
  readonly id: string;
  readonly outputs: Values;
  readonly after: readonly string[];
}

/** What has the services of a node. */
export interface Node {
  bringUp(node: KubeProxyNodeArgs): Promise<void>;
}

/** The objects of a node in a namespace, brought up one after the other in place of those before. */
export class ProxiedNode implements Node {
  /** What there is; what needs another stands behind it. */
  private readonly state = new Map<string, Resource>();

  constructor(
    private readonly world: World,
    private readonly netns: string,
    /** Is all that needs nothing of each other made at once? Else rules of one priority stand as they are planned. */
    private readonly atOnce = false,
  ) {}

  /** As the engine does it: what is new and what differs, each after what it needs, then what is left goes. */
  async bringUp(node: KubeProxyNodeArgs): Promise<void> {
    const objects = objectsOf(checkNode("node", node));
    const begun = new Map<string, Promise<void>>();
    let last: Promise<unknown> = Promise.resolve();
    for (const each of objects) {
      const before = [...each.after.map((name) => begun.get(name)), ...(this.atOnce ? [] : [last])];
      last = Promise.all(before).then(() => this.bring(each));
      begun.set(each.name, last as Promise<void>);
    }
    const results = await Promise.allSettled(begun.values());
    for (const result of results) if (result.status === "rejected") throw result.reason;
    const surplus = [...this.state].filter(([name]) => !begun.has(name));
    const gone = new Map<string, Promise<void>>();
    for (const [name, each] of surplus.reverse()) {
      const others = this.atOnce ? surplus.filter(([, { after }]) => after.includes(name)) : surplus;
      gone.set(name, this.take(name, each, Promise.all(others.map(([other]) => gone.get(other)))));
    }
    await Promise.all(gone.values());
  }

  private async take(name: string, { kind, id, outputs }: Resource, before: Promise<unknown>): Promise<void> {
    await before;
    await remove(kinds[kind] as (typeof kinds)[string], id, outputs, settings);
    this.state.delete(name);
  }

  private async bring({ kind: type, name, inputs, after }: Planned): Promise<void> {
    const { state, netns, world } = this;
    const kind = kinds[type] as (typeof kinds)[string];
    const given = { ...inputs, netns, owner: `lnt/${world.tag}/${name}`, ...(hostUrl && { host: hostUrl }) };
    const { inputs: wanted, failures } = check(kind, given);
    expect({ name, failures }).toEqual({ name, failures: [] });
    const had = state.get(name);
    state.delete(name);
    if (!had) state.set(name, { kind: type, after, ...(await create(kind, wanted, settings)) });
    else if (!diff(kind, had.outputs, wanted).changes) state.set(name, { ...had, after });
    else state.set(name, { ...had, after, outputs: await update(kind, had.id, had.outputs, wanted, settings) });
  }

  /** What iptables-save prints, but for our marks. */
  async tables(family: Family) {
    const saved = await this.world.runIn(this.netns, family === "ipv4" ? "iptables-save" : "ip6tables-save");
    return withTexts(tablesIn(saved));
  }
}

/** What it printed for kube-proxy. */
export function recordedTables(shape: string, family: Family, mode: Mode) {
  return withTexts(recorded(shape, family, mode));
}

function withTexts(tables: Record<string, Saved>) {
  return Object.fromEntries(Object.entries(tables).map(([table, saved]) => [table, texts(saved)]));
}

/** The rules of the chains, as iptables-save prints them but for our marks; of matches, the order means nothing. */
function texts({ chains, rules }: Saved) {
  const lines = rules.map(({ text }) => ruleText(text));
  return { chains, rules: byChain(lines) };
}
