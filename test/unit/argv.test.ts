import { check, type Values } from "../../provider/src/core/check";
import { kinds } from "../../provider/src/kinds";
import { ipShow } from "../../provider/src/tools/ip/batch";
import { showLinks } from "../../provider/src/tools/ip/links";
import { observed, removals, rows } from "./support/expected-commands";
import { RecordingHost } from "./support/recording";
import { sample } from "./support/samples";

// The exact commands for observed objects. This proves only the arguments; the kernel layer proves their effect.
async function ensured(type: string, values: Values, observed?: object, recorded?: Values): Promise<RecordingHost> {
  const kind = kinds[type];
  if (!kind) throw new Error(`there is no kind ${type}`);
  const { inputs, failures } = check(kind, sample(type, values));
  expect(failures).toEqual([]);
  const host = new RecordingHost();
  await kind.ensure(host, inputs, observed as never, recorded);
  return host;
}

/** The commands that change objects, without those of the ledger, which the kernel layer proves. */
function changes(host: RecordingHost): string[] {
  const lines = host.lines.filter(
    (line) => !line.includes("/run/pulumi-localnet/owned") && !/ show( |$)|^ls |^find \/run\/netns\//.test(line),
  );
  return lines.map((line) => line.replace(" -N -j -d", "").replace(/address (\w\w:){5}\w\w/g, "address MAC"));
}

test.each(rows)("%s: %s %j", async (what, type, values, observed, lines) => {
  const normal = (line: string) => line.replace(/^ip (-[46]) -n foo|^ip -n foo (-[46])/, "ip $1$2 -n foo");
  const recorded = what === "as it is" ? sample(type, values) : undefined;
  expect(changes(await ensured(type, values, observed, recorded)).map(normal)).toEqual(lines.map(normal));
});

test("the value of a setting is in standard input, not in the command line", async () => {
  expect(
    (await ensured("Sysctl", { key: "net.ipv4.ip_local_port_range", value: "1 2" }, observed({ value: "0" }))).inputs,
  ).toContain("1 2\n");
});

test.each(removals)("removed: %s", async (type, observed, lines) => {
  const kind = kinds[type];
  const host = new RecordingHost();
  const { inputs } = check(kind as NonNullable<typeof kind>, sample(type));
  await kind?.remove(host, { ...inputs, previousValue: "0", backend: "legacy" }, observed as never);
  expect(changes(host)).toEqual(lines);
});

test("a list that changed while it was read is read again, a limited number of times", async () => {
  const stderr = "Dump was interrupted and may be inconsistent.\n";
  const host: RecordingHost = new RecordingHost(() => ({
    stdout: "[]",
    stderr: host.commands.length < 3 ? stderr : "",
  }));
  expect(await showLinks(host, "foo")).toEqual([]);
  expect(host.commands).toHaveLength(3);
  await expect(showLinks(new RecordingHost(() => ({ stdout: "[]", stderr })), "foo")).rejects.toThrow("LN_COMMAND");
});

test("if some links are gone or disappear meanwhile, the others are listed", async () => {
  const gone = 'Device "v1" does not exist.\nCommand failed -:1\n';
  const going = "RTNETLINK answers: No such device\nCannot send link request: No such device\n";
  const commands = ["v1", "v2"].map((dev) => ["addr", "show", "dev", dev]);
  const showing = (stderr: string) =>
    ipShow(new RecordingHost(() => ({ exitCode: 1, stdout: "[]", stderr })), undefined, commands);
  expect(await showing(gone + going)).toEqual([[]]);
  await expect(showing(`${gone}Object "v1" is unknown\n`)).rejects.toThrow("LN_COMMAND");
});
