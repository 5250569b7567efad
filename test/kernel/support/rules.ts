import { check, type Values } from "../../../provider/src/core/check";
import { diff } from "../../../provider/src/core/diff";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { iptablesRule as kind } from "../../../provider/src/kinds";
import { hostUrl, settings, type World } from "./world";

interface Resource {
  readonly id: string;
  readonly outputs: Values;
}

/** The rules of one program in one chain. As in Pulumi, they are refreshed, and then all that differ are updated at the same time. */
export class Rules {
  readonly state = new Map<string, Resource>();

  constructor(
    private readonly world: World,
    readonly netns: string,
    readonly chain = "FORWARD",
    private readonly project = "lnt",
  ) {}

  inputs(name: string, values: Values): Values {
    const base = { chain: this.chain, netns: this.netns, target: "ACCEPT", ...(hostUrl && { host: hostUrl }) };
    const { inputs, failures } = check(kind, {
      ...base,
      owner: `${this.project}/${this.world.tag}/${name}`,
      ...values,
    });
    expect(failures).toEqual([]);
    return inputs;
  }

  /** Brings up the wanted rules and removes all others. Returns the names of those that differed. */
  async up(wanted: Record<string, Values>): Promise<string[]> {
    await this.each([...this.state], ([name]) => this.refresh(name));
    const done: string[] = [];
    await this.each(Object.entries(wanted), async ([name, values]) => {
      if (await this.bring(name, this.inputs(name, values))) done.push(name);
    });
    const surplus = [...this.state.keys()].filter((name) => !(name in wanted));
    await this.each(surplus, (name) => this.drop(name));
    return [...done, ...surplus].sort();
  }

  private async refresh(name: string): Promise<void> {
    const { id, outputs } = this.state.get(name) as Resource;
    const refreshed = await read(kind, id, outputs, settings);
    if (refreshed) this.state.set(name, { id, outputs: refreshed.outputs });
    else this.state.delete(name);
  }

  private async bring(name: string, inputs: Values): Promise<boolean> {
    const had = this.state.get(name);
    if (!had) this.state.set(name, await create(kind, inputs, settings));
    else if (!diff(kind, had.outputs, inputs).changes) return false;
    else this.state.set(name, { id: had.id, outputs: await update(kind, had.id, had.outputs, inputs, settings) });
    return true;
  }

  private async drop(name: string): Promise<void> {
    const { id, outputs } = this.state.get(name) as Resource;
    await remove(kind, id, outputs, settings);
    this.state.delete(name);
  }

  private async each<T>(items: readonly T[], body: (item: T) => Promise<unknown>): Promise<void> {
    const results = await Promise.allSettled(items.map(body));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** iptables by hand, in the namespace. */
  iptables(...args: string[]): Promise<string> {
    return this.world.runIn(this.netns, "iptables", "-w", ...args);
  }

  /** The chain's rules as iptables lists them. */
  async lines(): Promise<string[]> {
    return (await this.iptables("-S", this.chain)).split("\n").filter((line) => line.startsWith("-A "));
  }

  /** The chain in short: the names of the resources, and "-p NUMBER" for rules of others, which have a protocol. */
  async shape(): Promise<string[]> {
    const ownerPattern = new RegExp(`localnet:${this.project}/${this.world.tag}/([^" #]+)`);
    return (await this.lines()).map((line) => ownerPattern.exec(line)?.[1] ?? /-p \S+/.exec(line)?.[0] ?? line);
  }

  /** Deletes a rule by hand. */
  async cut(name: string): Promise<void> {
    await this.iptables("-D", this.chain, String((await this.shape()).indexOf(name) + 1));
  }
}
