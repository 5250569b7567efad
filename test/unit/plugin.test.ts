import { credentials, Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { unknown, type Values } from "../../provider/src/core/check";
import { notice } from "../../provider/src/core/notice";
import { secondsLeft, showProgress } from "../../provider/src/host/operation";
import { probe } from "../../provider/src/kinds";
import { type Show, showThrough } from "../../provider/src/pulumi/native/log";
import { service } from "../../provider/src/pulumi/native/plugin";

const signature = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({ [signature]: "1b47061264138c4ac30d75fd1eb44270", value });
const struct = (values: Values) => Struct.fromJavaScript(values as Record<string, string>);
const urn = (type: string, name = "one") => `urn:pulumi:stack::project::localnet:index:${type}::${name}`;

const server = new Server();
let client: ResourceProviderClient;
let show: Show;
beforeAll(async () => {
  server.addService(
    ResourceProviderService,
    service(
      "1.2.3",
      () => "{}",
      (...line) => show(...line),
    ),
  );
  const port = await listen(server);
  client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterAll(() => {
  client.close();
  server.forceShutdown();
});

function listen(on: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    on.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

type Method<Q, R> = (request: Q, reply: (error: Error | null, response: R) => void) => unknown;

function call<Q, R>(method: Method<Q, R>, request: Q): Promise<R> {
  return new Promise((resolve, reject) =>
    method.call(client, request, (error, response) => (error ? reject(error) : resolve(response))),
  );
}

async function check(type: string, news: Values) {
  const request = new rpc.CheckRequest();
  request.setUrn(urn(type));
  request.setNews(struct(news));
  const response = await call<rpc.CheckRequest, rpc.CheckResponse>(client.check, request);
  const failures = response.getFailuresList().map((each) => [each.getProperty(), each.getReason()]);
  return { inputs: response.getInputs()?.toJavaScript(), failures };
}

/** The name that a resource "one" gets. @param asked what pulumi:autonaming makes of it, and whether it has to be that */
async function autonamed(type: string, asked: [name: string, mode: 0 | 1 | 2], news: Values = {}, olds?: Values) {
  const request = new rpc.CheckRequest();
  request.setUrn(urn(type));
  request.setNews(struct(news));
  if (olds) request.setOlds(struct(olds));
  const options = new rpc.CheckRequest.AutonamingOptions();
  options.setProposedName(asked[0]);
  options.setMode(asked[1]);
  request.setAutonaming(options);
  const response = await call<rpc.CheckRequest, rpc.CheckResponse>(client.check, request);
  const reasons = response.getFailuresList().map((each) => each.getReason());
  return { inputs: response.getInputs()?.toJavaScript() ?? {}, reasons };
}

test("a name that the program does not give is as pulumi:autonaming has it, and stays so", async () => {
  const long = "stack-switch-of-the-lab";
  expect((await autonamed("Netns", [long, 0])).inputs.name).toBe(long);
  const cut = (await autonamed("Bridge", [long, 0])).inputs;
  expect(cut.name).toMatch(/^stack-sw-[0-9a-f]{6}$/);
  expect((await autonamed("Bridge", ["other", 0], {}, cut)).inputs).toEqual(cut);
  expect((await autonamed("Bridge", ["other", 0], { name: "br0" }, cut)).inputs).not.toHaveProperty("__autonamed");
  // What the program gave before is none of the engine's.
  expect((await autonamed("Bridge", ["other", 0], {}, { name: "br0" })).inputs.name).toBe("other");
  expect((await diff("Bridge", { olds: { ...cut, up: true }, oldInputs: cut, news: cut })).replaces).toEqual([]);
});

test("pulumi:autonaming may enforce a name, or forbid that there is none; what is there has its own", async () => {
  const long = "stack-switch-of-the-lab";
  expect((await autonamed("Bridge", [long, 1])).reasons).toEqual([expect.stringMatching(/^name: must be 1 to 15/)]);
  expect((await autonamed("Bridge", ["", 2])).reasons).toEqual(["name: is required"]);
  expect((await autonamed("Bridge", ["", 2], { name: "br0" })).reasons).toEqual([]);
  expect((await autonamed("KernelModule", ["stack-one", 0])).inputs.name).toBe("one");
  expect((await autonamed("Probe", ["stack-one", 0], { ping: { address: "10.0.0.1" } })).reasons).toEqual([]);
});

async function diff(type: string, { olds, oldInputs = olds, news }: Record<string, Values>) {
  const request = new rpc.DiffRequest();
  request.setUrn(urn(type));
  request.setOlds(struct(olds ?? {}));
  request.setOldInputs(struct(oldInputs ?? {}));
  request.setNews(struct(news ?? {}));
  const response = await call<rpc.DiffRequest, rpc.DiffResponse>(client.diff, request);
  const kinds = Object.entries(rpc.PropertyDiff.Kind);
  const detail = response.getDetaileddiffMap().toArray() as unknown as [string, (number | undefined)[]][];
  return {
    changes: response.getChanges() === rpc.DiffResponse.DiffChanges.DIFF_SOME,
    replaces: response.getReplacesList(),
    deleteFirst: response.getDeletebeforereplace(),
    detail: Object.fromEntries(
      detail.map(([path, [kind = 0]]) => [path, kinds.find(([, value]) => value === kind)?.[0]]),
    ),
  };
}

test("what the environment says of a provider is recorded, but for the path of a file of this machine", async () => {
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

test("check names what has no name, and keeps neither marks nor defaults", async () => {
  expect(await check("Bridge", { up: true, mtu: 1400 })).toEqual({ inputs: { name: "one", mtu: 1400 }, failures: [] });
  const peer = { name: "p", up: true, mtu: 1400 };
  expect((await check("VethPair", { peer })).inputs).toEqual({ name: "one", peer: { name: "p", mtu: 1400 } });
});

test("check names the input that is wrong, and lets pass what is not known yet", async () => {
  const { failures } = await check("Bridge", { mtu: 5, netns: unknown });
  expect(failures).toEqual([["mtu", "mtu: must be 68 to 65535"]]);
});

test("what was secret stays secret, wherever it stands, and nothing else becomes so", async () => {
  const command = ["sleep", secret("9")];
  const environment = { TOKEN: secret("t") };
  expect((await check("Process", { command, environment, logFile: "/x" })).inputs).toEqual({
    command: secret(["sleep", "9"]),
    environment: secret({ TOKEN: "t" }),
    logFile: "/x",
  });
});

test("what is seen of an object that was made with a secret is secret too", async () => {
  const request = new rpc.CreateRequest();
  request.setUrn(urn("IptablesRule"));
  request.setPreview(true);
  request.setProperties(struct({ chain: "INPUT", target: "DROP", comment: secret("c") }));
  const response = await call<rpc.CreateRequest, rpc.CreateResponse>(client.create, request);
  expect(response.getProperties()?.toJavaScript()).toMatchObject({
    comment: secret("c"),
    canonical: secret(unknown),
    chain: "INPUT",
  });
});

test("a key is a secret, whether the program says so or not, and what follows from it in public is none", async () => {
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

test("the preview of a create knows the id, unless an input is unknown, and changes nothing", async () => {
  const request = new rpc.CreateRequest();
  request.setUrn(urn("Bridge"));
  request.setPreview(true);
  request.setProperties(struct({ name: "br0", netns: "nowhere" }));
  const response = await call<rpc.CreateRequest, rpc.CreateResponse>(client.create, request);
  expect(response.getId()).toBe("br0@nowhere");
  expect(response.getProperties()?.toJavaScript()).toEqual({
    ...{ name: "br0", netns: "nowhere", up: true, promiscuous: false },
    ...{ ifindex: unknown, macAddress: unknown, owner: "project/stack/one", __host: "" },
  });
  request.setProperties(struct({ name: "br0", netns: unknown }));
  expect((await call<rpc.CreateRequest, rpc.CreateResponse>(client.create, request)).getId()).toBe("");
});

test("diff says of each input how it changes, and whether that replaces", async () => {
  const olds = { name: "v", mtu: 1400, mac: "02:00:00:00:00:01", up: true, promiscuous: false };
  const far = { name: "p", up: true, promiscuous: false };
  const [before, after] = [
    { ...olds, peer: far },
    { name: "w", mtu: 1300, hairpin: true, master: "b", peer: { ...far, netns: "n" } },
  ];
  expect(await diff("VethPair", { olds: before, news: after })).toEqual({
    changes: true,
    replaces: ["name", "peer.netns"],
    deleteFirst: true,
    detail: {
      ...{ name: "UPDATE_REPLACE", "peer.netns": "ADD_REPLACE" },
      ...{ mtu: "UPDATE", mac: "DELETE", hairpin: "ADD", master: "ADD" },
    },
  });
  expect((await diff("VethPair", { olds: before, news: { ...olds, peer: { name: "p" } } })).changes).toBe(false);
});

test("of an imported object only what is asked for can differ, now or when it was imported", async () => {
  const olds = { imported: true, name: "b", mtu: 1500, mac: "02:00:00:00:00:01", up: true, promiscuous: false };
  const oldInputs = { name: "b" };
  expect((await diff("Bridge", { olds, oldInputs, news: { name: "b" } })).changes).toBe(false);
  expect((await diff("Bridge", { olds, oldInputs, news: { name: "b", mtu: 1500 } })).changes).toBe(false);
  expect((await diff("Bridge", { olds, oldInputs, news: { name: "b", mtu: 1400 } })).detail).toEqual({ mtu: "UPDATE" });
  const request = { olds, oldInputs: { name: "b", mtu: 1500 }, news: { name: "b" } };
  expect((await diff("Bridge", request)).detail).toEqual({ mtu: "DELETE" });
});

test("what was made on another host than the provider's is replaced, unless it says itself where it is", async () => {
  const recorded = (host: string) => ({ olds: { name: "b", __host: host }, oldInputs: { name: "b" } });
  const there = await diff("Bridge", { ...recorded("ssh://a"), news: { name: "b" } });
  expect(there).toEqual({ changes: true, replaces: ["host"], deleteFirst: true, detail: { host: "DELETE_REPLACE" } });
  expect((await diff("Bridge", { ...recorded(""), news: { name: "b" } })).changes).toBe(false);
  const own = { olds: { name: "b", host: "ssh://c", __host: "ssh://a" }, oldInputs: { name: "b", host: "ssh://c" } };
  expect((await diff("Bridge", { ...own, news: { name: "b", host: "ssh://c" } })).changes).toBe(false);
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

test("customTimeouts limit how long an operation waits; without them nothing does", async () => {
  const limits: number[] = [];
  const ensure = jest.spyOn(probe, "ensure").mockImplementation(async () => {
    limits.push(secondsLeft());
    throw new Error("enough");
  });
  const request = new rpc.CreateRequest();
  request.setUrn(urn("Probe"));
  request.setProperties(struct({ ping: { address: "127.0.0.1" } }));
  for (const seconds of [90, 0]) {
    request.setTimeout(seconds);
    await expect(call<rpc.CreateRequest, rpc.CreateResponse>(client.create, request)).rejects.toThrow("enough");
  }
  ensure.mockRestore();
  expect(limits[0]).toBeGreaterThan(80);
  expect(limits[0]).toBeLessThanOrEqual(90);
  expect(limits[1]).toBe(Number.POSITIVE_INFINITY);
});

test("what an operation waits for is shown beside its resource, and what it notices is told, without secrets, on one line", async () => {
  const log = jest.fn();
  const engine = new Server();
  const respond = ({ request }: { request: LogRequest }, reply: (error: null, empty: Empty) => void) => {
    log(request.toObject());
    reply(null, new Empty());
  };
  engine.addService(EngineService as unknown as ServiceDefinition, { log: respond });
  const port = await listen(engine);
  show = showThrough(`127.0.0.1:${port}`);
  const ensure = jest.spyOn(probe, "ensure").mockImplementation(async () => {
    showProgress("saw hunter2\u001b[2J\nand more");
    notice("it stays hunter2");
    throw new Error("enough");
  });
  const noticed = jest.spyOn(console, "error").mockImplementation(() => {});
  const request = new rpc.CreateRequest();
  request.setUrn(urn("Probe"));
  const http = { url: "http://127.0.0.1", expectBody: secret("hunter2") };
  request.setProperties(struct({ http }));
  await expect(call<rpc.CreateRequest, rpc.CreateResponse>(client.create, request)).rejects.toThrow("enough");
  while (log.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  ensure.mockRestore();
  expect(noticed.mock.calls).toEqual([["it stays [secret]"]]);
  noticed.mockRestore();
  engine.forceShutdown();
  const message = "saw [secret]\\x1b[2J\\x0aand more";
  expect(log.mock.calls).toEqual([[expect.objectContaining({ urn: urn("Probe"), message, ephemeral: true })]]);
});

test("an error tells all in its message, and of a resource that there is no such kind", async () => {
  const request = new rpc.ReadRequest();
  request.setUrn(urn("Probe"));
  request.setId("x");
  await expect(call<rpc.ReadRequest, rpc.ReadResponse>(client.read, request)).rejects.toThrow(
    "Probe x: import: a Probe cannot be imported [LN_INPUT]",
  );
  request.setUrn(urn("Nothing"));
  await expect(call<rpc.ReadRequest, rpc.ReadResponse>(client.read, request)).rejects.toThrow("no kind Nothing");
});

test("an error names no value of a secret input, in whatever it came of", async () => {
  const request = new rpc.CreateRequest();
  request.setUrn(urn("IptablesRule"));
  request.setProperties(struct({ netns: secret("lnt-no-such-place"), chain: "INPUT", target: "DROP" }));
  const message = await call<rpc.CreateRequest, rpc.CreateResponse>(client.create, request).then(
    () => "it succeeded",
    (error: Error) => error.message,
  );
  expect(message).toContain("[secret]");
  expect(message).not.toContain("lnt-no-such-place");
  expect((await check("Bridge", { mtu: secret("hunter2 ") })).failures.flat().join()).not.toContain("hunter2");
});

test("a function answers, secret where it was asked with a secret; what is wrong names no secret", async () => {
  const invoke = async (name: string, args: Values) => {
    const request = new rpc.InvokeRequest();
    request.setTok(`localnet:index:${name}`);
    request.setArgs(struct(args));
    const response = await call<rpc.InvokeRequest, rpc.InvokeResponse>(client.invoke, request);
    return response.getReturn()?.toJavaScript();
  };
  expect(await invoke("getLink", { name: "lo" })).toMatchObject({ exists: true, ifindex: 1 });
  expect(await invoke("getLink", { name: secret("lo") })).toMatchObject({ exists: secret(true), ifindex: secret(1) });
  await expect(invoke("getLink", { name: secret("-hidden") })).rejects.toThrow(/^(?!.*hidden).*name: must be/s);
  await expect(invoke("getNothing", {})).rejects.toThrow("pulumi-localnet has no function getNothing");
});
