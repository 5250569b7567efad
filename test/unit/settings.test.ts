import { settingsIn } from "../../provider/src/pulumi/settings";

test("settings are parsed, also from strings, and missing ones have their defaults", () => {
  expect(settingsIn({})).toEqual({ sudo: false, timeoutSeconds: 15, connectTimeoutSeconds: 60 });
  expect(settingsIn({ sudo: "true", timeoutSeconds: "1.5" })).toMatchObject({ sudo: true, timeoutSeconds: 1.5 });
  expect(settingsIn({ host: "ssh://lab", sudo: undefined, version: "1" })).toMatchObject({ host: "ssh://lab" });
});

const variables = ["HOST", "SUDO", "SSH_CONFIG", "TIMEOUT_SECONDS", "CONNECT_TIMEOUT_SECONDS"].map(
  (name) => `LOCALNET_${name}`,
);
const before = { ...process.env };
beforeEach(() => variables.forEach((name) => void delete process.env[name]));
afterAll(() => {
  process.env = before;
});

test("settings that are not set come from the environment, if that is not empty", () => {
  const values = ["ssh://lab", "true", "/ssh", "2", "3"];
  for (const [index, name] of variables.entries()) process.env[name] = values[index];
  const all = { host: "ssh://lab", sudo: true, sshConfig: "/ssh", timeoutSeconds: 2, connectTimeoutSeconds: 3 };
  expect(settingsIn({})).toEqual(all);
  expect(settingsIn({ host: "ssh://other", sudo: "false" })).toEqual({ ...all, host: "ssh://other", sudo: false });
  for (const name of variables) process.env[name] = "";
  expect(settingsIn({})).toEqual({ sudo: false, timeoutSeconds: 15, connectTimeoutSeconds: 60 });
});

test("a wrong value in the environment is named by its variable", () => {
  process.env.LOCALNET_SUDO = "perhaps";
  expect(() => settingsIn({})).toThrow("LOCALNET_SUDO in the environment: must be true or false");
  expect(settingsIn({ sudo: "true" })).toMatchObject({ sudo: true });
});

test.each([
  ["sudo", "perhaps", "must be true or false"],
  ["timeoutSeconds", "soon", "must be a number of seconds"],
  ["timeoutSeconds", "0", "must be more than 0"],
  ["connectTimeoutSeconds", "0", "must be more than 0"],
  ["sshConfig", "", "must be a path or a text"],
  ["host", "lab", "must be ssh://"],
])("%s %s is refused", (key, value, rule) => {
  expect(() => settingsIn({ [key]: value })).toThrow(`localnet:${key}: ${rule}`);
});
