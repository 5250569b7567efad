import * as pulumi from "@pulumi/pulumi";
import { type Netns, Probe } from "pulumi-localnet";

interface Lab {
  readonly stage: number;
  readonly without: readonly string[];
  readonly lab: readonly pulumi.Resource[];
  readonly foo: Netns;
  readonly bar: Netns;
}

const pod = "http://172.22.0.2:8080";
const service = "http://172.23.0.1:8080";
const timesOut = "times out";

/**
 * Asserts the results of a stage, as resources. Pulumi deletes at the end of an update, after the probes. So if this
 * update deletes something, the probes run in the next one.
 */
export async function probeAll({ stage, without, lab, foo, bar }: Lab) {
  const parts = await names(lab);
  const before = await partsBefore();
  const settled = before.every((part) => parts.includes(part));
  const rows: pulumi.Output<{ stage: number; probe: string; must: string; saw: string }>[] = [];

  /** GETs from a namespace; default: the host's own. `must`: the pods that answer, and whether some GETs get no answer. */
  function get(
    from: string,
    netns: Netns | undefined,
    url: string,
    must: readonly string[],
    since: number,
    count = 1,
  ): void {
    const pods = must.filter((each) => each !== timesOut);
    const answered = pods.length === must.length;
    // If only some GETs are answered, those that are balanced to the client itself are not.
    const expectBody = answered ? [...pods] : pods.length ? from : undefined;
    const probe = new Probe(
      `stage-${since}-${from}`,
      {
        netns,
        http: { url, expectBody },
        expect: answered ? "success" : "failure",
        count,
        timeoutSeconds: 3,
        triggers: [stage, ...without],
      },
      { dependsOn: [...lab] },
    );
    const title = `${from}: ${count === 1 ? "" : `${count} x `}GET ${url}`;
    rows.push(
      probe.results.apply((results) => ({
        stage: since,
        probe: title,
        must: must.join(" and "),
        saw: summary(results),
      })),
    );
  }

  const has = (part: string) => !without.includes(part);
  if (settled) {
    get("host", undefined, pod, ["foo"], 1);
    if (stage >= 2) get("bar", bar, pod, has("forward") ? ["foo"] : [timesOut], 2);
    if (stage === 3) get("host", undefined, service, has("route-foo") ? ["foo"] : [timesOut], 3);
    if (stage === 4) get("host", undefined, service, ["bar", "foo"], 4, 4);
    if (stage >= 5 && stage <= 7) get("host", undefined, service, ["foo"], 5, 4);
    if (stage >= 6 && stage <= 7) get("bar", bar, service, has("dummy") ? ["foo"] : [timesOut], 6);
    if (stage === 7) get("foo", foo, service, [timesOut], 7);
    if (stage >= 8) {
      const fixed = ["promiscuous", "masquerade", "conntrack"].every(has);
      get("foo", foo, service, fixed ? ["bar", "foo"] : ["bar", timesOut], 8, 4);
      if (fixed) get("bar", bar, service, ["bar", "foo"], 8, 4);
    }
  }
  return { rows, settled, parts };
}

/** "bar and foo", "times out": the answers, and the reasons for missing ones. */
function summary({ bodies, failures }: { bodies: Record<string, number>; failures: Record<string, number> }): string {
  const reasons = Object.keys(failures).filter((reason) => reason !== "another body");
  return [
    ...Object.keys(bodies).sort(),
    ...reasons.map((reason) => (reason.includes("timed out") ? timesOut : reason)),
  ].join(" and ");
}

function names(lab: readonly pulumi.Resource[]): Promise<string[]> {
  const urns = pulumi.all(lab.map(({ urn }) => urn));
  return new Promise((resolve) => urns.apply((known) => resolve(known.map((urn) => urn.split("::").pop() ?? ""))));
}

/** The parts that the last `up` made, from this stack's outputs. */
async function partsBefore(): Promise<string[]> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  return ((await new pulumi.StackReference("before", { name }).getOutputValue("parts")) as string[] | undefined) ?? [];
}
