import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { unknown, type Values } from "../../provider/src/core/check";
import { call, check, client, diff, secret, struct, urn, usePlugin } from "./support/plugin-client";

usePlugin();

/** The name that a resource "one" gets. @param proposal the name that pulumi:autonaming proposes, and its mode */
async function autonamed(type: string, proposal: [name: string, mode: 0 | 1 | 2], news: Values = {}, olds?: Values) {
  const request = new rpc.CheckRequest();
  request.setUrn(urn(type));
  request.setNews(struct(news));
  if (olds) request.setOlds(struct(olds));
  const options = new rpc.CheckRequest.AutonamingOptions();
  options.setProposedName(proposal[0]);
  options.setMode(proposal[1]);
  request.setAutonaming(options);
  const response = await call<rpc.CheckRequest, rpc.CheckResponse>(client.check, request);
  const reasons = response.getFailuresList().map((each) => each.getReason());
  return { inputs: response.getInputs()?.toJavaScript() ?? {}, reasons };
}

test("more than the 4 MiB arrive that gRPC takes by default, as a refresh of a large resource sends", async () => {
  const { failures } = await check("File", { path: "/run/large", content: "x".repeat(5 * 1024 * 1024) });
  expect(failures).toEqual([["content", expect.stringContaining("content: must")]]);
});

test("without a name in the program, pulumi:autonaming chooses it, and it stays", async () => {
  const long = "stack-switch-of-the-lab";
  expect((await autonamed("Netns", [long, 0])).inputs.name).toBe(long);
  const cut = (await autonamed("Bridge", [long, 0])).inputs;
  expect(cut.name).toMatch(/^stack-sw-[0-9a-f]{6}$/);
  expect((await autonamed("Bridge", ["other", 0], {}, cut)).inputs).toEqual(cut);
  expect((await autonamed("Bridge", ["other", 0], { name: "br0" }, cut)).inputs).not.toHaveProperty("__autonamed");
  // A name that the program gave before was not chosen by the engine.
  expect((await autonamed("Bridge", ["other", 0], {}, { name: "br0" })).inputs.name).toBe("other");
  expect((await diff("Bridge", { olds: { ...cut, up: true }, oldInputs: cut, news: cut })).replaces).toEqual([]);
});

test("pulumi:autonaming may enforce a name or require one; existing objects keep their names", async () => {
  const long = "stack-switch-of-the-lab";
  expect((await autonamed("Bridge", [long, 1])).reasons).toEqual([expect.stringMatching(/^name: must be 1 to 15/)]);
  expect((await autonamed("Bridge", ["", 2])).reasons).toEqual(["name: is required"]);
  expect((await autonamed("Bridge", ["", 2], { name: "br0" })).reasons).toEqual([]);
  expect((await autonamed("KernelModule", ["stack-one", 0])).inputs.name).toBe("one");
  expect((await autonamed("Probe", ["stack-one", 0], { ping: { address: "10.0.0.1" } })).reasons).toEqual([]);
});

test("check sets a missing name, and keeps neither marks nor defaults", async () => {
  expect(await check("Bridge", { up: true, mtu: 1400 })).toEqual({ inputs: { name: "one", mtu: 1400 }, failures: [] });
  const peer = { name: "p", up: true, mtu: 1400 };
  expect((await check("VethPair", { peer })).inputs).toEqual({ name: "one", peer: { name: "p", mtu: 1400 } });
});

test("check names the wrong input, and lets unknown values pass", async () => {
  const { failures } = await check("Bridge", { mtu: 5, netns: unknown });
  expect(failures).toEqual([["mtu", "mtu: must be 68 to 65535"]]);
});

test("a secret stays secret at any place, and nothing else becomes secret", async () => {
  const command = ["sleep", secret("9")];
  const environment = { TOKEN: secret("t") };
  expect((await check("Process", { command, environment, logFile: "/x" })).inputs).toEqual({
    command: secret(["sleep", "9"]),
    environment: secret({ TOKEN: "t" }),
    logFile: "/x",
  });
});

test("a key is always a secret, and a public key made from it is not", async () => {
  const [privateKey, publicKey] = [Buffer.alloc(32, 0x48), Buffer.alloc(32, 2)].map((bytes) =>
    bytes.toString("base64"),
  );
  const allowedIps: string[] = [];
  const config = { privateKey, peers: [{ publicKey, allowedIps }] };
  expect((await check("Wireguard", config)).inputs).toMatchObject({
    privateKey: secret(privateKey),
    peers: [{ publicKey }],
  });
  const peers = [{ publicKey, allowedIps, presharedKey: publicKey }];
  expect((await check("Wireguard", { privateKey, peers })).inputs).toMatchObject({ peers: secret(peers) });
  const encryption = { algorithm: "cbc(aes)", key: `0x${"0a".repeat(16)}` };
  const state = { source: "10.0.0.1", destination: "10.0.0.2", spi: 257, encryption };
  expect((await check("XfrmState", state)).inputs).toMatchObject({ spi: 257, encryption: secret(encryption) });
  const request = new rpc.CreateRequest();
  request.setUrn(urn("Wireguard"));
  request.setPreview(true);
  request.setProperties(struct({ name: "wg0", privateKey: secret(privateKey) }));
  const response = await call<rpc.CreateRequest, rpc.CreateResponse>(client.create, request);
  expect(response.getProperties()?.toJavaScript()).toMatchObject({
    privateKey: secret(privateKey),
    publicKey: unknown,
  });
});

test("settings from the environment are recorded with the provider, except the path of a local file", async () => {
  const before = { ...process.env };
  Object.assign(process.env, { LOCALNET_HOST: "ssh://lab", LOCALNET_SUDO: "", LOCALNET_SSH_CONFIG: "/ssh" });
  const request = new rpc.CheckRequest();
  request.setNews(struct({ timeoutSeconds: "20" }));
  try {
    const response = await call<rpc.CheckRequest, rpc.CheckResponse>(client.checkConfig, request);
    expect(response.getInputs()?.toJavaScript()).toEqual({ host: "ssh://lab", timeoutSeconds: "20" });
    expect(response.getFailuresList()).toEqual([]);
  } finally {
    process.env = before;
  }
});

test("the configuration is checked; another host does not replace the provider", async () => {
  const request = new rpc.CheckRequest();
  request.setUrn("urn:pulumi:stack::project::pulumi:providers:localnet::default");
  request.setNews(struct({ host: "lab.example", sudo: "perhaps", timeoutSeconds: "0", stage: "3" }));
  const checked = await call<rpc.CheckRequest, rpc.CheckResponse>(client.checkConfig, request);
  expect(checked.getFailuresList().map((each) => each.getReason())).toEqual([
    "localnet:host: must be ssh://[user@]name[:port]",
    "localnet:sudo: must be true or false",
    "localnet:timeoutSeconds: must be more than 0",
  ]);
  const change = new rpc.DiffRequest();
  change.setOlds(struct({ sudo: "true" }));
  change.setNews(struct({ host: "ssh://a", sudo: "false" }));
  const differing = await call<rpc.DiffRequest, rpc.DiffResponse>(client.diffConfig, change);
  expect(differing.getReplacesList()).toEqual([]);
  expect(differing.getDiffsList().sort()).toEqual(["host", "sudo"]);
});
