import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readDeployment } from "../../provider/src/pulumi/recorded";

const state = (name: string) => readFileSync(join(__dirname, `../fixtures/states/${name}.json`), "utf8");
const key = "4dabf18193072939515e22adb298388d";

/** Two states of one program, one from each provider. */
const [dynamic, native] = ["two-namespaces-dynamic", "two-namespaces-native"].map((name) =>
  readDeployment(state(name)).sort((a, b) => a.name.localeCompare(b.name)),
);

test("the states of both providers have the same resources", () => {
  const facts = (resources = dynamic) =>
    resources?.map(({ type, name, id, owner, host, netns }) => ({ type, name, id, owner, host, netns }));
  expect(facts(native)).toEqual(facts(dynamic));
  expect(facts()).toContainEqual({
    ...{ type: "VethPair", name: "eth-left", id: "eth-left@left", owner: "two-namespaces/test/eth-left" },
    ...{ host: undefined, netns: "left" },
  });
});

test("inputs and outputs have no keys that only the provider uses", () => {
  for (const { inputs, outputs } of [...(dynamic ?? []), ...(native ?? [])]) {
    expect(Object.keys(inputs)).not.toContain("__provider");
    expect(Object.keys(outputs)).not.toContain("__provider");
  }
});

const deployment = (...resources: object[]) => JSON.stringify({ deployment: { resources } });
const netns = { urn: "urn:pulumi:s::p::localnet:index:Netns::a", id: "a", type: "localnet:index:Netns" };

test("the native plugin's resources are on the host of their provider", () => {
  const provider = "urn:pulumi:s::p::pulumi:providers:localnet::far";
  const text = deployment(
    { urn: provider, id: "1", type: "pulumi:providers:localnet", inputs: { host: "ssh://lab2" } },
    { ...netns, outputs: { name: "a" }, provider: `${provider}::1` },
  );
  expect(readDeployment(text)).toMatchObject([
    { host: "ssh://lab2", recorded: { host: "ssh://lab2", owner: "p/s/a" } },
  ]);
});

test("a secret is shown as a secret at any place", () => {
  const value = { [key]: "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc" };
  const [resource] = readDeployment(
    deployment({ ...netns, inputs: { files: { hosts: value } }, outputs: { files: value } }),
  );
  expect(resource).toMatchObject({ inputs: { files: { hosts: "[secret]" } }, outputs: { files: "[secret]" } });
  expect(JSON.stringify(resource)).not.toContain("v1:abc");
});

test("resources that are about to be deleted, those of other packages, and components are left out", () => {
  const others = [
    { ...netns, delete: true },
    { ...netns, type: "random:index:RandomId" },
    { ...netns, type: "localnet:components:Lan", id: undefined },
  ];
  expect(readDeployment(deployment(...others))).toEqual([]);
});

test("the backends of a service in a namespace are in that namespace", () => {
  const outputs = { service: "tcp/10.0.0.1:80@lab", address: "10.0.0.2", port: 80 };
  const backend = {
    urn: netns.urn.replace("Netns", "IpvsBackend"),
    id: "x",
    type: "localnet:index:IpvsBackend",
    outputs,
  };
  expect(readDeployment(deployment(backend))).toMatchObject([{ netns: "lab" }]);
});

test("text that is no state is refused", () => {
  expect(() => readDeployment("{}")).toThrow('there is no "deployment" in it');
});
