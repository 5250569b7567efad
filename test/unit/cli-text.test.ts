import { nearest, suggestion } from "../../provider/src/cli/nearest";
import { describeFailure, UsageError } from "../../provider/src/cli/outcome";
import { table } from "../../provider/src/cli/table";
import { LocalnetError } from "../../provider/src/errors";

test("a table that is wider than the terminal has its widest column cut, and says so", () => {
  const text = table(["A", "B"], [["short", "a word that is far too long"]], 20);
  expect(text).toBe("A      B\nshort  a word that …\n");
});

test("an empty column is left out, and no line ends in spaces", () => {
  expect(
    table(
      ["HOST", "A", "B"],
      [
        ["", "x", ""],
        ["", "yy", "b"],
      ],
    ),
  ).toBe("A   B\nx\nyy  b\n");
});

test("names that others chose cannot control the terminal from a table", () => {
  expect(table(["A"], [["\u001b[2J\nB"]])).toBe("A\n\\x1b[2J\\x0aB\n");
});

test("the nearest names come first, and others are left out", () => {
  expect(nearest("pod-11", ["pod-1", "pod-111", "router", "pod-1"])).toEqual(["pod-1", "pod-111"]);
  expect(suggestion("zzz", ["router"], "localnet ls")).toBe("localnet ls lists what there is");
});

test("a failure is one line that says what to type", () => {
  const command = { argv: ["ip", "link"], exitCode: 2, stderr: "first\nRTNETLINK answers: No\n" };
  const error = new LocalnetError("LN_COMMAND", "it failed", { command, hint: "do this" });
  expect(describeFailure(error)).toBe("localnet: it failed: ip link: RTNETLINK answers: No [LN_COMMAND]; do this");
  expect(describeFailure(new UsageError("a\nb", "type c"))).toBe("localnet: a\\x0ab; type c");
});
