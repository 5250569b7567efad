import { Rules } from "../support/rules";
import { World } from "../support/world";

const world = new World();
const netns = world.netns("a");
const rules = new Rules(world, netns);
const everyCharacter = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const nasty = [
  ...['"', "\\", "'", "#", "!", "%", "-", "--", "$(id)", "`", ";", "%s %n", "\\\\n", "\\x41", 'a"b', "''"],
  ...["-A", "-t", "-t nat", "-test", "--table", "-A FORWARD -j DROP", "COMMIT", "*nat", ":FORWARD ACCEPT [0:0]", "# x"],
  ...[" ", "   ", " x", "x ", '" ', ' "', "\\ ", '"-j" "DROP"', "localnet:p/s/r", "! -j", "-m comment", "--comment"],
];
const wanted = Object.fromEntries([
  ...nasty.map((text, index) => [`n${index}`, { comment: text, target: "LOG", logPrefix: text.slice(0, 29) }] as const),
  ["every", { comment: `"${everyCharacter}"\\ '`.slice(0, 100) }] as const,
  ["quotes", { comment: '"'.repeat(100), target: "LOG", logPrefix: '"'.repeat(29) }] as const,
  ["backslashes", { comment: "\\".repeat(100), target: "LOG", logPrefix: "\\".repeat(29) }] as const,
  // The longest comment: the user's text, the mark of a name that had to be cut, and the priority.
  [`long-${"x".repeat(150)}`, { comment: " #".repeat(50), priority: 4294967295 }] as const,
]);

test("every comment and prefix passes iptables-save and iptables-restore, and is read back unchanged", async () => {
  const names = Object.keys(wanted).sort();
  expect(await rules.up(wanted)).toEqual(names);
  expect(await rules.lines()).toHaveLength(names.length);
  expect(await rules.up(wanted)).toEqual([]);

  await world.script(netns, "iptables-save | iptables-restore --test");
  const before = await rules.lines();
  await world.script(
    netns,
    "saved=$(iptables-save); iptables -F FORWARD; printf '%s\\n' \"$saved\" | iptables-restore",
  );
  expect(await rules.lines()).toEqual(before);
  expect(await rules.up(wanted)).toEqual([]);

  expect(await rules.up({})).toEqual(names);
  expect(await rules.lines()).toEqual([]);
}, 120_000);
