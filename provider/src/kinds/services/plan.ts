import type { Values } from "../../core/values";

/** An object that is to be made: its kind, the name of its resource, its inputs. */
export interface Planned {
  readonly kind:
    | "IptablesChain"
    | "IptablesRule"
    | "Sysctl"
    | "IpSet"
    | "Dummy"
    | "IpvsService"
    | "IpvsBackend"
    | "NftTable";
  readonly name: string;
  readonly inputs: Values;
  /** The names of those that have to be there before it. */
  readonly after: readonly string[];
  /** What else has to be there before it. */
  readonly gates?: readonly unknown[] | undefined;
}

export type Family = "ipv4" | "ipv6";

/** How far behind an object is made. */
interface Needs {
  readonly after?: readonly string[];
  readonly gates?: readonly unknown[] | undefined;
}

/** The objects of iptables of one IP version, in the order in which they are made. */
export class Tables {
  readonly objects: Planned[] = [];
  private readonly chains = new Map<string, string>();

  constructor(readonly family: Family) {}

  /** The name of a resource: that of the IP version, and what it is. */
  named(what: string): string {
    // An IPv6 address as kube-proxy writes it in names of nftables.
    return `${this.family === "ipv4" ? "v4" : "v6"}-${what.replaceAll("/", ".")}`;
  }

  chain(table: "filter" | "nat", name: string, what = `${table}-${name}`): void {
    const { family } = this;
    this.chains.set(`${table}/${name}`, this.named(what));
    this.objects.push({ kind: "IptablesChain", name: this.named(what), inputs: { family, table, name }, after: [] });
  }

  /** An object of another kind. Returns the name of its resource. */
  add(kind: Planned["kind"], what: string, inputs: Values, { after = [], gates }: Needs = {}): string {
    const name = this.named(what);
    this.objects.push({ kind, name, inputs, after, gates });
    return name;
  }

  /** A rule; it is made after the chains that it is in and that it jumps to. Returns the name of its resource. */
  rule(
    table: "filter" | "nat",
    chain: string,
    priority: number,
    what: string,
    inputs: Values,
    needs: Needs = {},
  ): string {
    const name = this.named(what);
    const chains = [chain, String(inputs.target)].flatMap((each) => this.chains.get(`${table}/${each}`) ?? []);
    this.objects.push({
      kind: "IptablesRule",
      name,
      inputs: { family: this.family, table, chain, priority, ...inputs },
      after: [...chains, ...(needs.after ?? [])],
      gates: needs.gates,
    });
    return name;
  }
}
