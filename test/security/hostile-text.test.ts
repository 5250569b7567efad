import fc from "fast-check";
import { parseFdb } from "../../provider/src/cli/trace/bridge";
import { parseRoute } from "../../provider/src/cli/trace/route";
import { ownerIn } from "../../provider/src/core/mark";
import { LocalnetError } from "../../provider/src/errors";
import { redact, visible } from "../../provider/src/text";
import { parseLinks } from "../../provider/src/tools/ip/links";
import { parseRoutes } from "../../provider/src/tools/ip/routes";
import { parseXfrm } from "../../provider/src/tools/ip/xfrm";
import { parsePolicy } from "../../provider/src/tools/ip/xfrm-policies";
import { parseState } from "../../provider/src/tools/ip/xfrm-states";
import { parseSets } from "../../provider/src/tools/ipset";
import { parseDeclared, parseRules, parseSaved, splitWords } from "../../provider/src/tools/iptables/iptables";
import { parseServices, parseShown } from "../../provider/src/tools/ipvsadm-parse";
import { parseEndpoint, parseServiceId } from "../../provider/src/tools/ipvsadm-service";
import { parseTable } from "../../provider/src/tools/nft";
import { parseEvents } from "../../provider/src/tools/nft-events";
import { parseStat } from "../../provider/src/tools/process";
import { parseFilters } from "../../provider/src/tools/tc-filters";
import { hostile, numRuns } from "./support/hostile";

// Hostile texts are given to everything that reads text of others.

/** Processor time, since other tests run at the same time. */
const longSeconds = 0.5;

/** The result must be an answer or an error with a reason, within a time limit. */
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
  ["chains of iptables", parseDeclared],
  ["words of a line", splitWords],
  ["services of IPVS", parseServices],
  ["a service of IPVS", (text) => parseShown({ protocol: "tcp", address: "127.0.0.1", port: 80 }, text)],
  ["the id of a service", parseServiceId],
  ["an address and port", parseEndpoint],
  ["sets", parseSets],
  ["a table of nft", parseTable],
  ["what nft traces", parseEvents],
  ["a way that nft traces", (text) => parseEvents(`trace id 1 inet a b packet: iif "${text}" ip saddr ${text}`)],
  ["filters of packets", (text) => parseFilters(text, { dev: "d", parent: "1:" })],
  [
    "a filter of packets",
    (text) => parseFilters(`filter protocol ip pref 1 u32 chain 0 ${text}`, { dev: "d", parent: "1:" }),
  ],
  ["entries of a bridge", parseFdb],
  ["a route that is asked for", (text) => parseRoute(text, text)],
  ["states of IPsec", (text) => parseXfrm(text).map(parseState)],
  ["a state of IPsec", parseState],
  ["policies of IPsec", (text) => parseXfrm(text).map(parsePolicy)],
  ["a policy of IPsec", parsePolicy],
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

test("a process is identified by the file that was read, whatever its name contains", () => {
  const fields = ["S", "1", ...Array.from({ length: 30 }, (_, index) => String(index))].join(" ");
  fc.assert(
    fc.property(hostile, (name) => {
      expect(parseStat(7, `7 (${name}) ${fields}\n`)).toMatchObject({ pid: 7, parent: 1 });
    }),
    { numRuns },
  );
}, 600_000);

test("the message of an error controls no terminal, and has only the lines of its layout", () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (summary, word, stderr) => {
      const { message } = new LocalnetError("LN_COMMAND", summary, {
        command: { argv: [word], stderr },
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

test("no secret, of any text, stays in an error", () => {
  const secret = fc.string({ unit: "binary", minLength: 4, maxLength: 40 }).filter((text) => text.trim().length >= 4);
  fc.assert(
    fc.property(secret, hostile, (text, around) => {
      const redacted = redact(`${around}${text}${around}`, [text]);
      expect(redacted.replaceAll("[secret]", "")).not.toContain(text);
    }),
    { numRuns },
  );
}, 600_000);
