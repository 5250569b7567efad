import { quote } from "../../provider/src/host/text";

test.each(["\n", "a\nb", "\u0000", "\t", "\u001b[0m", "\r", "\u007f"])("%j is refused", (word) => {
  expect(() => quote(["echo", word])).toThrow(expect.objectContaining({ code: "LN_INPUT" }));
});

test("a word that needs no quotes gets none", () => {
  expect(quote(["ip", "-n", "foo", "addr", "add", "10.0.0.1/24", "dev", "br-0"])).toBe(
    "ip -n foo addr add 10.0.0.1/24 dev br-0",
  );
});
