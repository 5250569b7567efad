import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { ownerIn } from "../../provider/src/core/mark";
import { LocalnetError } from "../../provider/src/errors";
import { EndedOutput } from "../../provider/src/host/output";
import { decode, encode } from "../../provider/src/host/text";
import { redact, visible } from "../../provider/src/text";
import { parseLinks } from "../../provider/src/tools/ip/links";
import { parseRoutes } from "../../provider/src/tools/ip/routes";
import { parseRules, parseSaved, splitWords } from "../../provider/src/tools/iptables/iptables";
import { parseServices } from "../../provider/src/tools/ipvsadm";
import { parseStat } from "../../provider/src/tools/process";

// Texts that others choose go through everything that reads them. LOCALNET_TEST_INPUTS says how many of each.
const numRuns = Number(process.env.LOCALNET_TEST_INPUTS ?? 2000);
/** Of the processor, since other tests take their time too. */
const longSeconds = 0.5;

const pieces = [
  ..."\\'\"`$!-*?[]{}()<>|;&#%^= \n\t\r:,./\u001b\u0007\u007f\u009b\u202e\u0000é🦀\ud800",
  ...["-A INPUT", "-j DROP", "--comment", "*nat", "COMMIT", ":INPUT ACCEPT [0:0]", "TCP  ", "  ->", "1 (", ") S 1 1 1"],
  ...["127.0.0.1:80", "localnet:", "==> /proc/1/environ <==", "localnet-exit:0\n", "__proto__", "constructor", "0x1"],
];
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.constantFrom(...pieces).map((piece) => piece.repeat(20_000 / piece.length)),
);

/** Whatever comes, an answer or an error that says why, and soon. */
function survives<T>(read: (input: T) => unknown, input: T): void {
  const begun = process.cpuUsage();
  try {
    read(input);
  } catch (error) {
    if (!(error instanceof LocalnetError)) throw error;
  }
  expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(longSeconds);
}

test.each<[string, (text: string) => unknown]>([
  ["rules of iptables", parseRules],
  ["saved rules of iptables", parseSaved],
  ["words of a line", splitWords],
  ["services of IPVS", parseServices],
  ["the state of a process", (text) => parseStat(7, text)],
  ["an owner in a mark", (text) => ownerIn(text, "project/stack/name")],
  ["what a terminal shows", visible],
])(
  "%s: hostile text crashes nothing, and takes no time",
  (_what, read) => {
    fc.assert(
      fc.property(hostile, (text) => survives(read, text)),
      { numRuns },
    );
  },
  600_000,
);

test.each<[string, (list: unknown) => unknown]>([
  ["links", parseLinks],
  ["routes", parseRoutes],
])(
  "%s of ip that hold hostile text are that many, and no others",
  (_what, read) => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (names) => {
        const list = names.map((name, index) => ({
          ...{
            ifindex: index + 1,
            ifname: name,
            ifalias: name,
            flags: ["UP"],
            mtu: 1500,
            operstate: "UP",
            group: "default",
          },
          ...{ linkinfo: { info_kind: name }, addr_info: [], address: name, dst: name, dev: name, protocol: name },
        }));
        survives(read, list);
      }),
      { numRuns },
    );
  },
  600_000,
);

test("a process is the one whose file was read, whatever its name says", () => {
  const fields = ["S", "1", ...Array.from({ length: 30 }, (_, index) => String(index))].join(" ");
  fc.assert(
    fc.property(hostile, (name) => {
      expect(parseStat(7, `7 (${name}) ${fields}\n`)).toMatchObject({ pid: 7, parent: 1 });
    }),
    { numRuns },
  );
}, 600_000);

test("an error's message commands no terminal and has no more lines of ours than its layout", () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (summary, word, stderr) => {
      const { message } = new LocalnetError("LN_COMMAND", summary, {
        ran: { argv: [word], stderr },
        hint: `see ${word}`,
      });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come.
      expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(message.match(/^ {2}(ran|fix): /gm)).toEqual(["  ran: ", "  fix: "]);
      expect(encodeURI(message.toWellFormed()).length).toBeLessThan(64 * 1024);
    }),
    { numRuns },
  );
}, 600_000);

test("a secret of any text is not left in an error", () => {
  const secret = fc.string({ unit: "binary", minLength: 4, maxLength: 40 }).filter((text) => text.trim().length >= 4);
  fc.assert(
    fc.property(secret, hostile, (text, around) => {
      const plain = redact(`${around}${text}${around}`, [text]);
      expect(plain.replaceAll("[secret]", "")).not.toContain(text);
    }),
    { numRuns },
  );
}, 600_000);

test("what a remote host sends is the same however it is cut into pieces, and ends at its word only", () => {
  const word = "0f8fad5b-d9cb-469f-a165-70867728950e";
  fc.assert(
    fc.property(hostile, fc.array(fc.nat({ max: 50 }), { maxLength: 20 }), fc.nat({ max: 255 }), (text, cuts, code) => {
      const output = new EndedOutput(word);
      let rest = Buffer.from(`${text}${word} ${code}\n`);
      for (const cut of cuts) {
        output.add(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      output.add(rest);
      expect([output.ended, output.text, output.rest]).toEqual([true, Buffer.from(text).toString(), ` ${code}`]);
    }),
    { numRuns },
  );
}, 600_000);

test("an encoded word is one line, and a shell decodes it to the same", () => {
  fc.assert(
    // One shell decodes many words.
    fc.property(
      fc.array(
        hostile.map((text) => text.replaceAll("\0", "").slice(0, 500)),
        { maxLength: 40 },
      ),
      (words) => {
        const lines = words.map(encode);
        for (const line of lines) expect(line).not.toContain("\n");
        const script = `while IFS= read -r word; do ${decode("word")}; printf '%s\\0' "$word"; done`;
        const printed = execFileSync("sh", ["-c", script], { input: lines.map((line) => `${line}\n`).join("") });
        expect(printed.toString()).toBe(words.map((each) => `${Buffer.from(each).toString()}\0`).join(""));
      },
    ),
    { numRuns: Math.ceil(numRuns / 40) },
  );
}, 600_000);
