import { cached, type Host } from "../host";

/** The families of generic netlink that exist. A command that asks for another one makes the kernel load its module. */
export function netlinkFamilies(host: Host): Promise<string[]> {
  return cached(host, "families of generic netlink", async () =>
    [...(await host.run(["genl", "ctrl", "list"])).stdout.matchAll(/^Name: (\S+)$/gm)].map(([, name = ""]) => name),
  );
}
