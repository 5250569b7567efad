import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { file as kind } from "../../../provider/src/kinds";
import { temporaryPathOf } from "../../../provider/src/tools/files";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

contract("a configuration", (world) => {
  const path = `${world.folder}/one.conf`;
  const content = 'router id 10.0.0.1;\n\n\t# "quoted" \\ $(id) %s é\n';
  const shell = (script: string) => world.script(undefined, script);
  return {
    kind,
    marked: false,
    unlisted: "which files somebody made for a lab is not to be seen",
    prepare: () => world.addFolder(),
    inputs: { path, content, mode: "0640" },
    async actual() {
      const { stdout, exitCode } = await world.try("stat", "-c", "%F %a %u %h", path);
      return exitCode === 0 ? { is: stdout.trim(), content: await world.run("cat", path) } : undefined;
    },
    expected: ({ content, mode }) => ({
      is: `regular${content === "" ? " empty" : ""} file ${String(mode).replace(/^0/, "")} 0 1`,
      content,
    }),
    updates: [
      { what: "its content", change: { content: "-n no line end" } },
      { what: "its mode", change: { mode: "600" } },
      { what: "no content", change: { content: "" } },
      { what: "both", change: { content, mode: undefined } },
    ],
    replaces: { path: `${world.folder}/two.conf` },
    drifts: [
      { what: "its content", input: "content", by: () => shell(`echo more >> ${path}`) },
      { what: "its mode", input: "mode", by: () => world.run("chmod", "666", path) },
      { what: "bytes that are no text", input: "content", by: () => shell(`printf '\\377\\0' > ${path}`) },
    ],
    ignores: [
      { what: "another file beside it", by: () => shell(`echo two > ${world.folder}/two.conf`) },
      { what: "its time", by: () => world.run("touch", path) },
    ],
    vanish: () => world.run("rm", path),
    parent: () => world.run("rm", "-r", world.folder),
    foreign: {
      async make() {
        await shell(`printf %s '${content}' > ${path}`);
        await world.run("chmod", "640", path);
      },
      differ: () => shell(`echo other > ${path}`),
      remove: () => world.run("rm", path),
    },
    faults: {
      tool: "install",
      obstacle: {
        what: "a folder of another owner with its name",
        op: "create",
        make: () => world.run("mkdir", path),
        message: () => /LN_EXISTS/,
        clear: () => world.run("rmdir", path),
      },
      reboot: () => world.run("rm", path),
      impossible: { "no kernel module": "a file needs none" },
    },
  };
});

beyond("File: beyond the contract", () => {
  const world = new World();
  const path = `${world.folder}/one.conf`;
  const victim = `${world.folder}/victim`;
  const inputs = (values: Values = {}) => {
    const given = { path, content: "ours\n", owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values };
    const { inputs: checked, failures } = check(kind, given);
    expect(failures).toEqual([]);
    return checked;
  };
  beforeAll(async () => {
    await world.addFolder();
    await world.script(undefined, `echo theirs > ${victim}`);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));
  const untouched = async () => expect(await world.run("cat", victim)).toBe("theirs\n");

  test("a symbolic link in its place has another owner: nothing is written through it, and delete leaves it", async () => {
    await world.run("ln", "-s", victim, path);
    expect(await failure(() => create(kind, inputs({ adopt: true }), settings))).toMatchObject({ code: "LN_EXISTS" });
    await world.run("rm", path);
    const { id, outputs } = await create(kind, inputs(), settings);
    await world.run("ln", "-sf", victim, path);
    expect(await read(kind, id, outputs, settings)).toBeUndefined();
    expect(await failure(() => update(kind, id, outputs, inputs({ content: "x" }), settings))).toMatchObject({
      code: "LN_EXISTS",
    });
    await remove(kind, id, outputs, settings);
    expect((await world.run("readlink", path)).trim()).toBe(victim);
    await untouched();
    await world.run("rm", path);
  });

  test("a file with a second name is replaced, and the file with the other name stays", async () => {
    const { id, outputs } = await create(kind, inputs(), settings);
    await world.run("ln", path, `${path}.kept`);
    const after = await update(kind, id, outputs, inputs({ content: "new\n" }), settings);
    expect(await world.run("cat", path, `${path}.kept`)).toBe("new\nours\n");
    await remove(kind, id, after, settings);
    await world.run("rm", `${path}.kept`);
  });

  test("an error names a folder that is missing, or that is a file", async () => {
    for (const [folder, why] of [
      [`${world.folder}/none`, ""],
      [victim, ": a part of that is a file"],
    ]) {
      const error = await failure(() => create(kind, inputs({ path: `${folder}/x` }), settings));
      expect(error).toMatchObject({ code: "LN_MISSING", summary: `there is no folder ${folder}${why}` });
    }
    expect(await world.run("ls", "-A", world.folder)).toBe("victim\n");
  });

  test("where making the temporary file fails afterwards, it does not stay", async () => {
    const host = testHost();
    const { run } = host;
    host.run = async (argv, options) => {
      const result = await run(argv, options);
      if (argv[0] !== "install") return result;
      host.run = run;
      throw new Error("killed");
    };
    await failure(() => create(kind, inputs(), settings));
    expect(await world.run("ls", "-A", world.folder)).toBe("victim\n");
  });

  test("in a folder where others may write, nothing is written or removed", async () => {
    const open = `${world.folder}/open`;
    await world.run("mkdir", "-m", "777", open);
    const error = await failure(() => create(kind, inputs({ path: `${open}/x` }), settings));
    expect(error).toMatchObject({ code: "LN_PERMISSION", summary: expect.stringContaining("others may write to") });
    await world.run("chmod", "755", open);
    const { id, outputs } = await create(kind, inputs({ path: `${open}/x` }), settings);
    await world.run("chmod", "777", open);
    expect(await failure(() => remove(kind, id, outputs, settings))).toMatchObject({ code: "LN_PERMISSION" });
    await world.run("chmod", "755", open);
    await remove(kind, id, outputs, settings);
    await world.run("rmdir", open);
  });

  test("what a run that died was writing beside it shows as drift, and goes with the next update", async () => {
    const { id, outputs } = await create(kind, inputs({}), settings);
    const spare = temporaryPathOf(path, world.owner);
    await world.run("ln", path, spare);
    const drifted = (await read(kind, id, outputs, settings))?.outputs;
    expect(drifted?.content).toBeUndefined();
    const mended = await update(kind, id, drifted ?? {}, inputs({}), settings);
    expect(mended).toEqual(outputs);
    expect((await world.try("ls", spare)).exitCode).not.toBe(0);
    await remove(kind, id, mended, settings);
  });

  test("no error contains its content", async () => {
    await world.script(undefined, `echo hidden-there > ${path}`);
    const error = await failure(() => create(kind, inputs({ content: "hidden-wanted", adopt: true }), settings));
    expect(error).toMatchObject({ code: "LN_ADOPT" });
    expect(error.message).toContain("content: differs");
    expect(error.message).not.toContain("hidden");
    await world.run("rm", path);
  });

  test("a long text is written and read in full; a longer one cannot be imported", async () => {
    const content = "0123456789abcde\n".repeat(65536);
    const { id, outputs } = await create(kind, inputs({ content }), settings);
    expect((await read(kind, id, outputs, settings))?.outputs.content).toBe(content);
    await world.script(undefined, `echo >> ${path}`);
    await remove(kind, id, outputs, settings);
    await world.script(undefined, `head -c 2000000 /dev/zero | tr '\\0' a > ${path}`);
    const error = await failure(() => findImportable(kind, path, world.owner, { ...settings, host: hostUrl }));
    expect(error).toMatchObject({ code: "LN_INPUT", summary: expect.stringContaining("at most 1 MiB") });
    await world.run("rm", path);
  });
});

test.each<[string, string, Values]>([
  ["path", "absolute path", { path: "one.conf" }],
  ["path", "absolute path", { path: "/" }],
  ["path", "absolute path", { path: "/run/" }],
  ["path", "absolute path", { path: "/run//x" }],
  ["path", 'no part "." or ".."', { path: "/run/../etc/x" }],
  ["path", "control characters", { path: "/run/a\nb" }],
  ["path", "more than 255 bytes", { path: `/run/${"é".repeat(128)}` }],
  ["path", "at most 4095 bytes", { path: "/run/x".repeat(700) }],
  ["path", "must not be in /proc", { path: "/proc/sys/net/x" }],
  ["content", "without NUL", { content: "a\0b" }],
  ["content", "at most 1 MiB", { content: "é".repeat(524289) }],
  ["mode", "of three octal digits", { mode: "8" }],
  ["mode", "of three octal digits", { mode: "4755" }],
  ["mode", "of three octal digits", { mode: 420 }],
])("%s is refused: %s", (property, rule, values) => {
  const { failures } = check(kind, { path: "/run/x", content: "", owner: "p/s/n", ...values });
  expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
});

everyInput(kind);
everyDrift(kind);
