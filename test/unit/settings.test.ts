import { settingsIn } from "../../provider/src/pulumi/settings";

test("settings are what they say, as text too, and what is not told has its default", () => {
  expect(settingsIn({})).toEqual({ sudo: false, timeoutSeconds: 15 });
  expect(settingsIn({ sudo: "true", timeoutSeconds: "1.5" })).toEqual({ sudo: true, timeoutSeconds: 1.5 });
  expect(settingsIn({ host: "ssh://lab", sudo: undefined, version: "1" })).toMatchObject({ host: "ssh://lab" });
});

test.each([
  ["sudo", "perhaps", "must be true or false"],
  ["timeoutSeconds", "soon", "must be a number of seconds"],
  ["timeoutSeconds", "0", "must be more than 0"],
  ["host", "lab", "must be ssh://"],
])("%s %s is refused", (key, value, rule) => {
  expect(() => settingsIn({ [key]: value })).toThrow(`localnet:${key}: ${rule}`);
});
