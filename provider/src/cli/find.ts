import { suggestion } from "./nearest";
import { UsageError } from "./outcome";
import type { LabObject } from "./topology/object";
import { isNamespace, namespaceOf } from "./topology/topology";

/** The namespace that a word names: by its own name, or by a resource that is a namespace or in one. */
export function findPlace(
  objects: readonly LabObject[],
  word: string,
): { host?: string | undefined; netns?: string | undefined } {
  const namespaces = objects.filter(isNamespace);
  const byName = namespaces.filter((each) => each.name === word || namespaceOf(each) === word);
  if (byName.length > 0) return one(word, byName, (each) => ({ host: each.host, netns: namespaceOf(each) }));
  const members = objects.filter(({ netns }) => netns === word);
  if (members[0]) return { host: members[0].host, netns: word };
  const names = namespaces.flatMap((each) => [each.name, namespaceOf(each) ?? ""]);
  return one(word, named(objects, word, names), (each) => ({ host: each.host, netns: each.netns }));
}

/** The object that a word names: a resource's name, `TYPE::NAME`, or an id. */
export function findObject(objects: readonly LabObject[], word: string): LabObject {
  return one(word, named(objects, word), (each) => each);
}

function named(objects: readonly LabObject[], word: string, instead?: readonly string[]): LabObject[] {
  const names = (each: LabObject) => [each.name, each.id, `${each.type}::${each.name}`];
  const matches = objects.filter((each) => names(each).includes(word));
  if (matches.length > 0) return matches;
  const known = instead ?? objects.flatMap((each) => [each.name, each.id]);
  throw new UsageError(`there is no ${JSON.stringify(word)}`, suggestion(word, known, "localnet ls"));
}

function one<T>(word: string, matches: readonly LabObject[], result: (object: LabObject) => T): T {
  const results = new Map(matches.map((each) => [JSON.stringify(result(each)), each]));
  const [first, second] = results.values();
  if (!first) throw new UsageError(`there is no ${JSON.stringify(word)}`, "localnet ls lists what there is");
  if (!second) return result(first);
  const ways = [...results.values()].map(({ type, name, id }) => `${type}::${name}${name === id ? "" : ` (${id})`}`);
  throw new UsageError(
    `${JSON.stringify(word)} may be ${ways.join(" or ")}`,
    `type one of these, such as ${first.type}::${first.name}, or an id`,
  );
}
