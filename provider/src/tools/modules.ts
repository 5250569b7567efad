import { hasCode } from "../errors";
import type { Host } from "../host";

/** Modules in the kernel that can be unloaded, and how many use each. */
export async function loadedModules(host: Host): Promise<Map<string, number>> {
  const { exitCode, stdout } = await host.run(["cat", "/proc/modules"], { accept: [0, 1] });
  if (exitCode !== 0) return new Map(); // a kernel without modules
  return new Map(
    stdout
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
  const { exitCode } = await host.run(["ls", "-d", `/sys/module/${plainName(name)}`], { accept: [0, 2] });
  if (exitCode === 0) return true;
  return (await dependencies(host, name))?.length === 0;
}

/** The modules that loading this one would load, itself last; undefined when there is no such module. */
export async function dependencies(host: Host, name: string): Promise<string[] | undefined> {
  try {
    const { stdout } = await host.run(["modprobe", "--show-depends", "--", name]);
    const files = [...stdout.matchAll(/^insmod (\S+)/gm)].map((match) => match[1] ?? "");
    return files.map((file) => plainName(file.replace(/^.*\//, "").replace(/\.ko(\.\w+)?$/, "")));
  } catch (error) {
    if (hasCode(error, "LN_COMMAND", "LN_KERNEL")) return undefined;
    throw error;
  }
}

/** The kernel reads "-" in a module's name as "_", and prints the latter. */
export function plainName(name: string): string {
  return name.replaceAll("-", "_");
}
