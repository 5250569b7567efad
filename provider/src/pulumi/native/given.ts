import { type Failure, hasUnknown, unknown, type Values } from "../../core/check";
import { type Facts, type References, textOf } from "../meaning";
import { kindOf } from "../urn";

// A program in YAML, Go or Python may give a resource where an input is text, as one in TypeScript does.

/** A resource, as the engine sends it. */
export class Given {
  constructor(
    readonly urn: string,
    readonly id: string,
  ) {}
}

/** What this process has checked: the engine checks a resource before what it is given to. */
export type Requests = Map<string, Values>;

/** Puts in place of each resource what the input means, as in ../meaning, or says why that is not known. */
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

/** An id begins with the name. */
function nameIn(value: unknown, requests: Requests): unknown {
  if (!(value instanceof Given)) return value;
  return requests.get(value.urn)?.name ?? (value.id === unknown ? unknown : value.id.split("@")[0]);
}
