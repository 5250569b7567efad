import { hasCode } from "../errors";
import { cached, type Host } from "../host";
import { commandError } from "../host/command-error";

/** Modules in the kernel that can be unloaded, and how many use each. */
export async function loadedModules(host: Host): Promise<Map<string, number>> {
  const lines = await outputOf(host, ["cat", "/proc/modules"], noFile); // none: a kernel without modules
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

/** Is it in the kernel, loaded or built in? */
export async function hasModule(host: Host, name: string): Promise<boolean> {
  if (await outputOf(host, ["ls", "-d", `/sys/module/${canonicalName(name)}`], noFile)) return true;
  return (await dependencies(host, name))?.length === 0;
}

/**
 * Is a module with parameters neither in the kernel nor among what it could load? Without parameters, one that is built in
 * does not show. In a container without the files of modules nobody knows.
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

/** Would the kernel load the module for whoever asks for what it holds? Then it holds nothing yet, and is not asked. */
export function wouldLoad(host: Host, name: string): Promise<boolean> {
  return cached(host, `module ${name}`, async () => {
    if ((await loadedModules(host)).has(name)) return false;
    const files = await dependencies(host, name).catch((error) => {
      // The kernel loads with the same command.
      if (hasCode(error, "LN_TOOL")) return undefined;
      throw error;
    });
    return files !== undefined && files.length > 0;
  });
}

/** The modules that loading this one would load, itself last; undefined when there is no such module. */
export async function dependencies(host: Host, name: string): Promise<string[] | undefined> {
  const plan = await outputOf(host, ["modprobe", "--show-depends", "--", name], /Module \S+ not found/);
  const files = [...(plan ?? "").matchAll(/^insmod (\S+)/gm)].map((match) => match[1] ?? "");
  return plan === undefined
    ? undefined
    : files.map((file) => canonicalName(file.replace(/^.*\//, "").replace(/\.ko(\.\w+)?$/, "")));
}

const noFile = /No such file or directory/;

/** What a command prints; undefined when it says that there is no such thing. Any other failure is no answer. */
async function outputOf(host: Host, argv: readonly string[], absent: RegExp): Promise<string | undefined> {
  const result = await host.run(argv, { accept: "any" });
  if (result.exitCode === 0) return result.stdout;
  if (absent.test(result.stderr)) return undefined;
  throw commandError(argv, result);
}

/** The kernel reads "-" in a module's name as "_", and prints the latter. */
export function canonicalName(name: string): string {
  return name.replaceAll("-", "_");
}
