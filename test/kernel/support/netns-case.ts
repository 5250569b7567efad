import { netns as kind } from "../../../provider/src/kinds";
import type { Case } from "./case";
import { readLink } from "./links";
import { eventually, type World } from "./world";

/** The case of a namespace, with or without `files`, which only root may put into /etc. */
export function netnsCase(world: World, files?: Readonly<Record<string, string>>): Case {
  const name = world.name("n");
  const away = () => world.run("ip", "netns", "del", name);
  world.finally(away);
  const folder = `/etc/netns/${name}`;
  if (files) world.finally(() => world.run("rm", "-rf", folder));
  const isUp = async () => (await readLink(world, name, "lo"))?.up;
  const updates = files ? fileUpdates(files) : [];
  const fileDrifts = [
    {
      what: "the content of a file",
      input: "files.resolv.conf",
      by: () => world.script(undefined, `echo search example > ${folder}/resolv.conf`),
    },
    { what: "a file that is removed", input: "files.hosts", by: () => world.run("rm", `${folder}/hosts`) },
  ];
  return {
    kind,
    inputs: { name, loopback: true, ...(files && { files }) },
    importsFrom: name,
    async actual() {
      const names = (await world.run("ls", "/run/netns")).split("\n");
      if (!names.includes(name)) return undefined;
      const text = await world.script(undefined, `cd ${folder} 2>/dev/null && grep -H . * || true`);
      const { ifalias, up } = (await readLink(world, name, "lo")) ?? {};
      return {
        ifalias,
        up,
        text,
        addresses: await world.run("ip", "-n", name, "-4", "-br", "addr", "show", "dev", "lo"),
      };
    },
    expected: ({ loopback, files = {} }) => ({
      text: Object.entries(files as object)
        .map(([file, content]) => `${file}:${content}`)
        .sort()
        .join(""),
      ifalias: `localnet:${world.owner}`,
      up: loopback,
      addresses: loopback ? expect.stringContaining("127.0.0.1/8") : expect.not.stringContaining("127.0.0.1"),
    }),
    updates: [
      { what: "its loopback down", change: { loopback: false } },
      { what: "its loopback up", change: { loopback: true } },
      ...updates,
    ],
    replaces: { name: "other" },
    drifts: [
      {
        what: "its loopback, down or up",
        input: "loopback",
        by: async () => world.run("ip", "-n", name, "link", "set", "dev", "lo", (await isUp()) ? "down" : "up"),
      },
      ...(files ? fileDrifts : []),
    ],
    ignores: [
      ...(files ? [{ what: "another file beside them", by: () => world.run("touch", `${folder}/nsswitch.conf`) }] : []),
      { what: "a link in it", by: () => world.run("ip", "-n", name, "link", "add", "name", "b", "type", "bridge") },
    ],
    vanish: away,
    parent: { none: "a namespace is in nothing else" },
    foreign: {
      async make() {
        await world.run("ip", "netns", "add", name);
        await world.run("ip", "-n", name, "link", "set", "dev", "lo", "up");
        if (!files) return;
        await world.run("mkdir", "-p", folder);
        await world.script(undefined, `rm -f ${folder}/*`);
        for (const [file, text] of Object.entries(files))
          await world.script(undefined, `printf '${text.replace("\n", "\\n")}' > ${folder}/${file}`);
      },
      differ: { none: "a namespace has nothing that could differ" },
      remove: away,
    },
    faults: {
      tool: "ip",
      obstacle: {
        what: "a process in it",
        op: "delete",
        make: () => world.script(name, "sleep 600 >/dev/null 2>&1 </dev/null & exit 0"),
        message: async () =>
          new RegExp(`still run in this namespace: ${(await world.run("ip", "netns", "pids", name)).trim()}\\b`),
        async clear() {
          await world.run("kill", (await world.run("ip", "netns", "pids", name)).trim());
          await eventually(async () => (await world.run("ip", "netns", "pids", name)) === "");
        },
      },
      reboot: away,
      impossible: { "no kernel module": "namespaces need no module" },
    },
  };
}

/** Updates that begin and end with these files. */
function fileUpdates(files: object): Case["updates"] {
  return [
    { what: "no files", change: { files: undefined } },
    { what: "one file", change: { files: { hosts: "192.0.2.2 two\n" } } },
    { what: "other files", change: { files: { "resolv.conf": "nameserver 192.0.2.54\n" } } },
    { what: "the first files", change: { files } },
  ];
}
