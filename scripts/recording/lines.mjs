/** Lines of progress that are left out: only finished operations are shown, and one line of the comparison at the end. */
const dull = [
  /^@ /,
  /^ *[-+~]? *pulumi:pulumi:Stack /,
  / (creating|updating|deleting|refreshing) \(\d/,
  /^ {4}pulumi-nodejs:\S+ \S+ *$/,
  /^(Updating|Refreshing|Destroying) \(/,
  /^Duration: /,
  /^The resources in the stack have been deleted|^If you want to remove/,
  /^Root in here is user/,
];

/**
 * Selects the lines to show, without repeated empty lines, and without lines that repeat others.
 * @param {import("./record.mjs").Line[]} lines
 */
export function shown(lines) {
  const kept = lines
    .filter(({ text }) => !dull.some((pattern) => pattern.test(text)))
    .map(({ seconds, text }) => ({ seconds, text: text.replace("pulumi-nodejs:localnet:", "").trimEnd() }));
  return kept.filter(({ text }, index) => text !== "" || (index > 0 && kept[index - 1]?.text !== ""));
}
