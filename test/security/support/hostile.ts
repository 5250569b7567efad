import fc from "fast-check";

// LOCALNET_TEST_INPUTS says how many of each.
export const numRuns = Number(process.env.LOCALNET_TEST_INPUTS ?? 2000);

const pieces = [
  ..."\\'\"`$!-*?[]{}()<>|;&#%^= \n\t\r:,./\u001b\u0007\u007f\u009b\u202e\u0000é🦀\ud800",
  ...["-A INPUT", "-j DROP", "--comment", "*nat", "COMMIT", ":INPUT ACCEPT [0:0]", "TCP  ", "  ->", "1 (", ") S 1 1 1"],
  ...["127.0.0.1:80", "localnet:", "==> /proc/1/environ <==", "localnet-exit:0\n", "__proto__", "constructor", "0x1"],
];
/** Hostile texts. */
export const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.constantFrom(...pieces).map((piece) => piece.repeat(20_000 / piece.length)),
);
