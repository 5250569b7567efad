/** The parts of a resource's URN that the provider uses. */
function parts(urn: string) {
  const [stack = "", project = "", types = "", ...names] = urn.replace("urn:pulumi:", "").split("::");
  return { stack, project, types: types.split("$"), name: names.join("::") };
}

/** The kind, as the last part of the type's token. */
export function kindOf(urn: string): string {
  return parts(urn).types.at(-1)?.split(":").at(-1) ?? "";
}

export function nameOf(urn: string): string {
  return parts(urn).name;
}

/** The owner: project, stack and resource, with the types of its parents if there are any. */
export function ownerOf(urn: string): string {
  const { project, stack, types, name } = parts(urn);
  const path = types.slice(0, -1).filter((each) => each !== "pulumi:pulumi:Stack");
  return [project, stack, ...path, name].join("/");
}
