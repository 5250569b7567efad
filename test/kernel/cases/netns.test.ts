import { check } from "../../../provider/src/core/check";
import { claim, readClaim } from "../../../provider/src/core/ledger";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { netns as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { lookAtLink } from "../support/links";
import { eventually, hostUrl, settings, testHost, World } from "../support/world";

contract("a namespace", (world) => {
  const name = world.name("n");
  const away = () => world.run("ip", "netns", "del", name);
  world.finally(away);
  const folder = `/etc/netns/${name}`;
  const files = { "resolv.conf": "nameserver 192.0.2.53\n", hosts: "192.0.2.1 one\n" };
  world.finally(() => world.run("rm", "-rf", folder));
  const isUp = async () => (await lookAtLink(world, name, "lo"))?.up;
  return {
    kind,
    inputs: { name, loopback: true, files },
    listedIn: name,
    async look() {
      const names = (await world.run("ls", "/run/netns")).split("\n");
      if (!names.includes(name)) return undefined;
      const text = await world.script(undefined, `cd ${folder} 2>/dev/null && grep -H . * || true`);
      const { ifalias, up } = (await lookAtLink(world, name, "lo")) ?? {};
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
      { what: "no files", change: { files: undefined } },
      { what: "one file", change: { files: { hosts: "192.0.2.2 two\n" } } },
      { what: "other files", change: { files: { "resolv.conf": "nameserver 192.0.2.54\n" } } },
      { what: "the first files", change: { files } },
    ],
    replaces: { name: "other" },
    drifts: [
      {
        what: "its loopback the other way round",
        input: "loopback",
        by: async () => world.run("ip", "-n", name, "link", "set", "dev", "lo", (await isUp()) ? "down" : "up"),
      },
      {
        what: "what a file holds",
        input: "files.resolv.conf",
        by: () => world.script(undefined, `echo search example > ${folder}/resolv.conf`),
      },
      { what: "a file that is removed", input: "files.hosts", by: () => world.run("rm", `${folder}/hosts`) },
    ],
    ignores: [
      { what: "another file beside them", by: () => world.run("touch", `${folder}/nsswitch.conf`) },
      { what: "a link in it", by: () => world.run("ip", "-n", name, "link", "add", "name", "b", "type", "bridge") },
    ],
    vanish: away,
    parent: { none: "it lives in nothing" },
    foreign: {
      async make() {
        await world.run("ip", "netns", "add", name);
        await world.run("mkdir", "-p", folder);
        await world.script(undefined, `rm -f ${folder}/*`);
        for (const [file, text] of Object.entries(files))
          await world.script(undefined, `printf '${text.replace("\n", "\\n")}' > ${folder}/${file}`);
      },
      differ: { none: "there is nothing else that a namespace could be" },
      remove: away,
    },
    faults: {
      tool: "ip",
      obstacle: {
        what: "a process in it",
        op: "delete",
        make: () => world.script(name, "sleep 600 >/dev/null 2>&1 </dev/null & exit 0"),
        says: async () =>
          new RegExp(`still in this namespace: ${(await world.run("ip", "netns", "pids", name)).trim()}\\b`),
        async clear() {
          await world.run("kill", (await world.run("ip", "netns", "pids", name)).trim());
          await eventually(async () => (await world.run("ip", "netns", "pids", name)) === "");
        },
      },
      reboot: away,
      impossible: { "no kernel module": "namespaces are no module" },
    },
  };
});

beyond("Netns: its files", () => {
  const world = new World();
  const name = world.name("f");
  const folder = `/etc/netns/${name}`;
  const inputs = (files: object) => ({
    name,
    owner: world.owner,
    loopback: true,
    files,
    ...(hostUrl && { host: hostUrl }),
  });
  world.finally(() => world.run("rm", "-rf", folder));
  world.finally(() => world.run("ip", "netns", "del", name));
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("another's file is left alone: nothing is made, and one of its own name is none of ours", async () => {
    await world.run("mkdir", "-p", folder);
    await world.script(undefined, `echo theirs > ${folder}/hosts`);
    const error = await failure(() => create(kind, inputs({ hosts: "ours" }), settings));
    expect(error).toMatchObject({ code: "LN_EXISTS", message: expect.stringContaining(`${folder}/hosts`) });
    expect((await world.run("ls", "/run/netns")).split("\n")).not.toContain(name);
    const { id, outputs } = await create(kind, inputs({ "resolv.conf": "" }), settings);
    const both = inputs({ "resolv.conf": "", hosts: "ours" });
    expect(await failure(() => update(kind, id, outputs, both, settings))).toMatchObject({ code: "LN_EXISTS" });
    await remove(kind, id, outputs, settings);
    expect(await world.run("grep", "-r", ".", folder)).toBe(`${folder}/hosts:theirs\n`);
    await world.run("rm", "-r", folder);
  });

  test("a command of ip netns exec sees them", async () => {
    const { id, outputs } = await create(kind, inputs({ hosts: "192.0.2.9 of-the-namespace\n" }), settings);
    expect(await world.inside(name, "cat", "/etc/hosts")).toBe("192.0.2.9 of-the-namespace\n");
    await remove(kind, id, outputs, settings);
    expect((await world.try("ls", folder)).exitCode).not.toBe(0);
  });
});

test.each<[string, string, object]>([
  ["files.../x", "must have names", { "../x": "" }],
  ["files..x", "must have names", { ".x": "" }],
  ["files.a", "without NUL", { a: "\0" }],
])("%s is refused: %s", (property, rule, files) => {
  const { failures } = check(kind, { name: "n", owner: "p/s/n", files });
  expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
});

beyond("Netns: with a process in it", () => {
  const world = new World();
  const name = world.netns("p");
  const inputs = { name, owner: world.owner, adopt: true, ...(hostUrl && { host: hostUrl }) };
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("delete refuses and names the process, since the kernel would keep the namespace, hidden", async () => {
    const { id, outputs } = await create(kind, inputs, settings);
    await world.script(name, "sleep 600 >/dev/null 2>&1 </dev/null & exit 0");
    const pid = (await world.run("ip", "netns", "pids", name)).trim();
    const error = await failure(() => remove(kind, id, outputs, settings));
    expect(error).toMatchObject({ code: "LN_BUSY" });
    expect(error.message).toContain(pid);
    expect(await read(kind, id, outputs, settings)).toBeDefined();
    // One that is about to end is waited for.
    await world.script(undefined, `(sleep 8; kill ${pid}) > /dev/null 2>&1 &`);
    await remove(kind, id, outputs, settings);
    expect(await read(kind, id, outputs, settings)).toBeUndefined();
  });
});

beyond("Netns: two creates of one name at the same time", () => {
  const world = new World();
  const name = world.name("t");
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("one gets it, with all that is written down in it; the other is told, and leaves nothing", async () => {
    const owners = ["one", "two"].map((each) => `${world.owner}/${each}`);
    const creates = owners.map((owner) => create(kind, { name, owner, ...(hostUrl && { host: hostUrl }) }, settings));
    const results = await Promise.allSettled(creates);
    const made = results.filter((each) => each.status === "fulfilled");
    expect(made).toHaveLength(1);
    expect(results).toContainEqual({ status: "rejected", reason: expect.objectContaining({ code: "LN_EXISTS" }) });
    const { id, outputs } = made[0]?.value ?? { id: "", outputs: {} };
    expect(await read(kind, id, outputs, settings)).toBeDefined();
    const place = { netns: name, what: "Route 10.0.0.0/8" };
    await claim(testHost(), place, world.owner);
    const late = create(kind, { name, owner: owners[1], ...(hostUrl && { host: hostUrl }) }, settings);
    await late.catch(() => undefined);
    expect(await readClaim(testHost(), place)).toBeDefined();
    await remove(kind, id, outputs, settings);
  });
});

everyInput(kind);
everyDrift(kind);
