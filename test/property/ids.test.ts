import { isIPv6 } from "node:net";
import fc from "fast-check";
import { check } from "../../provider/src/core/check";
import { kinds } from "../../provider/src/kinds";
import { sysctlKey } from "../../provider/src/schema/fields";
import { splitWords } from "../../provider/src/tools/iptables/iptables";
import { parseServices } from "../../provider/src/tools/ipvsadm-parse";
import { endpoint, parseServiceId, serviceArgs, serviceId } from "../../provider/src/tools/ipvsadm-service";
import { anyAddress, anyKey, anyName, anyPort, canonical } from "./support/inputs";

test("parsing the id of a service gives the service that it was printed from", () => {
  fc.assert(
    fc.property(anyKey, fc.option(anyName, { nil: undefined }), (key, netns) => {
      const id = netns === undefined ? serviceId(key) : `${serviceId(key)}@${netns}`;
      expect(parseServiceId(id)).toEqual({ key, netns });
    }),
  );
});

test("parsing the output of ipvsadm gives the service and the backend that it was printed from", () => {
  fc.assert(
    fc.property(anyKey, anyAddress, anyPort, fc.nat(), (key, address, port, weight) => {
      const where = serviceArgs(key).join(" ");
      const [service] = parseServices(`-A ${where} -s rr\n-a ${where} -r ${endpoint(address, port)} -m -w ${weight}\n`);
      expect(service?.key).toEqual(key);
      expect(service?.backends).toEqual([{ address, port, weight, forwarding: "masquerade" }]);
    }),
  );
});

test("a text is refused as an id, or prints again in its canonical form", () => {
  const near = fc.stringMatching(/^(tcp|udp|fwmark6?|x)\/[0-9a-f.:[\]]{0,20}(@[a-z./-]{0,5})?$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const parsed = parseServiceId(text);
      if (!parsed) return;
      const again = parsed.netns === undefined ? serviceId(parsed.key) : `${serviceId(parsed.key)}@${parsed.netns}`;
      expect(parseServiceId(again)).toEqual(parsed);
    }),
  );
});

/** A word as iptables prints it: in quotes if it has unusual characters, with a backslash before quotes and backslashes. */
function printed(word: string): string {
  return /^[A-Za-z0-9_./:-]+$/.test(word) ? word : `"${word.replace(/["'\\]/g, "\\$&")}"`;
}

test("parsing words of iptables gives the original words", () => {
  const word = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  fc.assert(fc.property(fc.array(word), (words) => expect(splitWords(words.map(printed).join(" "))).toEqual(words)));
});

test("a sysctl key means the same with dots and with slashes", () => {
  const part = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/);
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const slashes = ["net", ...parts].join("/");
      expect(sysctlKey.parse(["net", ...parts].join("."))).toBe(slashes);
      expect(sysctlKey.parse(slashes)).toBe(slashes);
    }),
  );
});

test("no sysctl key leaves /proc/sys/net", () => {
  const near = fc
    .array(fc.constantFrom("net", "ipv4", "..", ".", "", "a.b", "kernel", "\u0000", " "))
    .map((parts) => parts.join("/"));
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const { data } = sysctlKey.safeParse(text);
      if (data === undefined) return;
      expect(new URL(`file:///proc/sys/${data}`).pathname).toBe(`/proc/sys/${data}`);
      expect(data.startsWith("net/")).toBe(true);
    }),
  );
});

test("the canonical form of an address is its own canonical form, and the same address", () => {
  fc.assert(
    fc.property(anyAddress, (text) => {
      const once = canonical(text);
      expect(canonical(once)).toBe(once);
      expect(isIPv6(once)).toBe(isIPv6(text));
    }),
  );
});

test("the id of every kind depends only on inputs, and is never empty", () => {
  fc.assert(
    fc.property(anyName, anyName, (name, netns) => {
      const kind = kinds.Bridge;
      const { inputs } = check(kind as NonNullable<typeof kind>, { name, netns, owner: "o" });
      if (inputs.name === name) expect(kind?.id(inputs)).toBe(`${name}@${netns}`);
    }),
  );
});
