/** Of the progress only what is done is shown; how the comparison at the end went is one line. */
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
 * What of it is shown: without empty lines in a row, and without what says the same once more.
 * @param {import("./record.mjs").Line[]} lines
 */
export function shown(lines) {
  const kept = lines
    .filter(({ text }) => !dull.some((pattern) => pattern.test(text)))
    .map(({ seconds, text }) => ({ seconds, text: text.replace("pulumi-nodejs:localnet:", "").trimEnd() }));
  return kept.filter(({ text }, index) => text !== "" || (index > 0 && kept[index - 1]?.text !== ""));
}
