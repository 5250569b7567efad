import { hasCode } from "../errors";
import { cached, type Host } from "../host";
import { commandError } from "../host/command-error";

/** The loaded modules that can be unloaded, with the number of users of each. */
export async function loadedModules(host: Host): Promise<Map<string, number>> {
  const lines = await outputOf(host, ["cat", "/proc/modules"], noFile); // missing: the kernel has no modules
  return new Map(
    (lines ?? "")
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [name = "", , users] = line.split(" ");
        return [name, Number(users)];
      }),
  );
}

/** Does the kernel have it, loaded or built in? */
export async function hasModule(host: Host, name: string): Promise<boolean> {
  if (await outputOf(host, ["ls", "-d", `/sys/module/${canonicalName(name)}`], noFile)) return true;
  return (await dependencies(host, name))?.length === 0;
}

/**
 * Is the module neither in the kernel nor loadable? Only for modules with parameters: a built-in one without any does not
 * show. In a container without module files the answer is no, because nobody knows.
 */
export function isMissing(host: Host, name: string): Promise<boolean> {
  return cached(host, `missing module ${name}`, async () => {
    if (await outputOf(host, ["ls", "-d", `/sys/module/${canonicalName(name)}`], noFile)) return false;
    const isModular = await outputOf(host, ["ls", "-d", "/proc/modules"], noFile);
    if (!isModular) return true;
    const [release = ""] = (await host.run(["uname", "-r"])).stdout.split("\n");
    if (!(await outputOf(host, ["ls", "-d", `/lib/modules/${release}`], noFile))) return false;
    return (await dependencies(host, name)) === undefined;
  });
}

/** Would a request for the module's objects make the kernel load it? Then there are none yet, and no request is needed. */
export function wouldLoad(host: Host, name: string): Promise<boolean> {
  return cached(host, `module ${name}`, async () => {
    if ((await loadedModules(host)).has(name)) return false;
    const files = await dependencies(host, name).catch((error) => {
      // The kernel uses the same command to load modules.
      if (hasCode(error, "LN_TOOL")) return undefined;
      throw error;
    });
    return files !== undefined && files.length > 0;
  });
}

/** The modules that loading this one would load, ending with itself; undefined: there is no such module. */
export async function dependencies(host: Host, name: string): Promise<string[] | undefined> {
  const plan = await outputOf(host, ["modprobe", "--show-depends", "--", name], /Module \S+ not found/);
  const files = [...(plan ?? "").matchAll(/^insmod (\S+)/gm)].map((match) => match[1] ?? "");
  return plan === undefined
    ? undefined
    : files.map((file) => canonicalName(file.replace(/^.*\//, "").replace(/\.ko(\.\w+)?$/, "")));
}

const noFile = /No such file or directory/;

/** The output of a command; undefined: its error matches `absent`. Other errors are thrown. */
async function outputOf(host: Host, argv: readonly string[], absent: RegExp): Promise<string | undefined> {
  const result = await host.run(argv, { accept: "any" });
  if (result.exitCode === 0) return result.stdout;
  if (absent.test(result.stderr)) return undefined;
  throw commandError(argv, result);
}

/** The kernel reads "-" in a module's name as "_", and prints "_". */
export function canonicalName(name: string): string {
  return name.replaceAll("-", "_");
}
