import { addressAndPort, chainHash } from "./names";
import type { Endpoint } from "./node";
import type { Tables } from "./plan";
import type { Portal } from "./portals";

/** An endpoint and the chain that leads to it. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly chain: string;
  /** The resources of what is in the chain. */
  readonly rules: readonly string[];
}

/** The chain of an endpoint: it translates the destination, and masquerades an endpoint that calls itself. */
export function endpointChain(tables: Tables, portal: Portal, endpoint: Endpoint): Target {
  const { service, port, name } = portal;
  const destination = addressAndPort(endpoint.address, port.targetPort);
  const chain = `KUBE-SEP-${chainHash(name, port.protocol, destination)}`;
  const what = `${name}-sep-${endpoint.address}`;
  tables.chain("nat", chain, what);
  const rule = (priority: number, which: string, inputs: object) =>
    tables.rule(
      "nat",
      chain,
      priority,
      `${what}-${which}`,
      { ...inputs, comment: name },
      { gates: endpoint.dependsOn },
    );
  const affinity = { recent: { name: chain, action: "set" } };
  return {
    endpoint,
    chain,
    rules: [
      rule(0, "itself", { source: endpoint.address, target: "KUBE-MARK-MASQ" }),
      rule(1, "dnat", {
        ...{ protocol: port.protocol, target: "DNAT", toDestination: destination },
        ...(service.sessionAffinity && affinity),
      }),
    ],
  };
}

/** Below it stand the rules of clients that are remembered, above it those that draw lots. */
const drawn = 0x40000000;

/** Who was lately sent to an endpoint gets it again. */
export function affinity(
  tables: Tables,
  portal: Portal,
  chain: string,
  what: string,
  targets: readonly Target[],
): string[] {
  const { timeoutSeconds } = portal.service.sessionAffinity ?? {};
  return targets.map((target, index) =>
    tables.rule(
      ...(["nat", chain, drawn - (targets.length - index), `${what}-again-${target.endpoint.address}`] as const),
      {
        recent: { name: target.chain, action: "rcheck", seconds: timeoutSeconds, reap: true },
        ...commented(portal, target),
        target: target.chain,
      },
      { after: target.rules },
    ),
  );
}

/**
 * A share for each endpoint: of those that come to a rule, one part for it and one for each rule behind it; the last takes
 * all that are left. Places count from the end, and each rule is made after the one behind it: a rule that stands before a
 * new one lets nobody through before that one is there, and the rules behind it stay as they are.
 */
export function jumpsTo(
  tables: Tables,
  portal: Portal,
  chain: string,
  what: string,
  targets: readonly Target[],
): string[] {
  const rules: string[] = [];
  for (const [behind, target] of targets.toReversed().entries()) {
    const share = behind > 0 ? { statistic: { probability: Number((1 / (behind + 1)).toFixed(10)) } } : {};
    const inputs = { ...share, ...commented(portal, target), target: target.chain };
    const after = [...target.rules, ...rules.slice(-1)];
    rules.push(
      tables.rule("nat", chain, 2 * drawn - behind, `${what}-to-${target.endpoint.address}`, inputs, { after }),
    );
  }
  return rules;
}

function commented({ name, port }: Portal, { endpoint }: Target) {
  return { comment: `${name} -> ${addressAndPort(endpoint.address, port.targetPort)}` };
}
