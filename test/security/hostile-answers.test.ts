import { execFileSync } from "node:child_process";
import fc from "fast-check";
import type { Host } from "../../provider/src/host";
import { EndedOutput } from "../../provider/src/host/output";
import { decode, encode } from "../../provider/src/host/text";
import { parseJson } from "../../provider/src/tools/ip/json";
import { findByEnvironment } from "../../provider/src/tools/proc";
import { reach } from "../../provider/src/tools/traffic";
import { hostile, numRuns } from "./support/hostile";

// Hostile text that a host has or sends is read as nothing but text.

test("the output of a remote host is the same in whatever pieces it arrives, and ends only at its end word", () => {
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
    // One shell decodes many words at once.
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

/** A host whose commands print hostile text. */
function saying(answer: (argv: readonly string[]) => string): Host {
  const run = async (argv: readonly string[]) => ({ exitCode: 0, stdout: answer(argv), stderr: "200 0.1" });
  return { isLocal: false, run } as unknown as Host;
}

test("a process is found only by its own environment, whatever other environments contain", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (before, after) => {
      const other = `${before}==> /proc/1/environ <==\nKEY=1\0${after}`;
      const environments = new Map([
        ["/proc/1/environ", "A=1\0"],
        ["/proc/2/environ", other],
        ["/proc/3/environ", "A=1\0KEY=1\0"],
      ]);
      const host = saying((argv) => {
        if (argv[0] === "find") return "1\n2\n3\n";
        const paths = argv.slice(argv.indexOf("--") + 1);
        const headline = (path: string) => (argv.includes("-v") ? `\n==> ${path} <==\n` : "");
        return paths.map((path) => headline(path) + environments.get(path)).join("");
      });
      const expected = other.split("\0").includes("KEY=1") ? [2, 3] : [3];
      expect(await findByEnvironment(host, (words) => words.includes("KEY=1"))).toEqual(expected);
    }),
    { numRuns },
  );
}, 600_000);

test("a body counts as expected only if it is exactly that text, and long bodies are cut", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (text, expectBody) => {
      const http = { url: "http://127.0.0.1/", expectStatus: 200, expectBody };
      const { ok, body = "" } = await reach(
        saying(([command]) => (command === "ls" ? "/usr/bin/curl\n" : text)),
        undefined,
        { http },
        1,
      );
      expect(ok).toBe(body === expectBody);
      expect(body.length).toBeLessThanOrEqual(200);
      expect(body.isWellFormed()).toBe(true);
    }),
    { numRuns },
  );
}, 600_000);

test("a name in the output of ip is read unchanged", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      // ip escapes these characters, and prints all others unchanged.
      const printed = text.replace(/["\\\n\r\t]/g, (char) => JSON.stringify(char).slice(1, -1));
      expect(parseJson(`[{"ifname":"${printed}"}]`)).toEqual([{ ifname: text }]);
    }),
    { numRuns },
  );
}, 600_000);
