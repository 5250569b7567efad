import { type Failure, hasUnknown, unknown, type Values } from "../../core/check";
import { type Facts, type References, textOf } from "../meaning";
import { kindOf } from "../urn";

// Programs in YAML, Go or Python may give a resource for an input of type text, as programs in TypeScript do.

/** A resource as the engine sends it. */
export class Given {
  constructor(
    readonly urn: string,
    readonly id: string,
  ) {}
}

/** The resources that this process has checked. The engine checks a resource before those that it is given to. */
export type Requests = Map<string, Values>;

/** Replaces each resource by the text that the input means (../meaning), or fails with the reason why it is unknown. */
export function withoutResources(references: References, values: Values, requests: Requests) {
  const failures: Failure[] = [];
  const put = (refs: References, args: Values, outerNetns?: unknown, outerArgs = args, path = ""): Values => {
    const netns = "netns" in refs ? nameIn(args.netns, requests) : outerNetns;
    const entries = Object.entries(args).map(([key, value]) => {
      const reference = refs[key] ?? {};
      const property = `${path}${key}`;
      const resolve = (each: unknown): unknown => {
        if (each instanceof Given) {
          if (typeof reference !== "string") return each.id;
          const [output = "", version = ""] = reference.split(":");
          try {
            return meaning(property, each, output, [netns, outerArgs[version] ?? version], requests);
          } catch (error) {
            failures.push({ property, reason: (error as Error).message });
            return each.id;
          }
        }
        if (Array.isArray(each)) return each.map(resolve);
        if (typeof each !== "object" || each === null) return each;
        return put(typeof reference === "string" ? {} : reference, each as Values, netns, outerArgs, `${property}.`);
      };
      return [key, resolve(value)] as const;
    });
    return Object.fromEntries(entries);
  };
  return { values: put(references, values), failures };
}

function meaning(key: string, given: Given, output: string, asker: [netns: unknown, version: unknown], all: Requests) {
  const request = all.get(given.urn);
  if (output === "id") return given.id;
  if (!request && output === "name") return nameIn(given, all);
  if (!request) throw new Error(`${key}: the address of ${kindOf(given.urn)} ${given.id} is not known here: write it`);
  const { name, addresses, netns, peer } = request;
  const facts = [name, addresses, netns, peer, ...asker] as const;
  return hasUnknown(facts) ? unknown : textOf(key, output, facts as unknown as Facts);
}

/** The name, with which an id begins. */
function nameIn(value: unknown, requests: Requests): unknown {
  if (!(value instanceof Given)) return value;
  return requests.get(value.urn)?.name ?? (value.id === unknown ? unknown : value.id.split("@")[0]);
}
