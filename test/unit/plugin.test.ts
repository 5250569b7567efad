import { Server, type ServiceDefinition } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { unknown, type Values } from "../../provider/src/core/check";
import { notice } from "../../provider/src/core/notice";
import { secondsLeft, showProgress } from "../../provider/src/host/operation";
import { probe } from "../../provider/src/kinds";
import { showThrough } from "../../provider/src/pulumi/native/log";
import { call, check, client, listen, secret, showTo, struct, urn, usePlugin } from "./support/plugin-client";

usePlugin();

test("the preview of a create has the id, unless an input is unknown, and changes nothing", async () => {
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

test("outputs of an object with a secret input that contain it are secret too", async () => {
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

test("customTimeouts limit how long an operation waits; without them there is no limit", async () => {
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

test("progress is shown beside its resource, and notices are printed, without secrets, on one line", async () => {
  const log = jest.fn();
  const engine = new Server();
  const respond = ({ request }: { request: LogRequest }, reply: (error: null, empty: Empty) => void) => {
    log(request.toObject());
    reply(null, new Empty());
  };
  engine.addService(EngineService as unknown as ServiceDefinition, { log: respond });
  const port = await listen(engine);
  showTo(showThrough(`127.0.0.1:${port}`));
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

test("an error has everything in its message, and names a kind that does not exist", async () => {
  const request = new rpc.ReadRequest();
  request.setUrn(urn("Probe"));
  request.setId("x");
  await expect(call<rpc.ReadRequest, rpc.ReadResponse>(client.read, request)).rejects.toThrow(
    "Probe x: import: a Probe cannot be imported [LN_INPUT]",
  );
  request.setUrn(urn("Nothing"));
  await expect(call<rpc.ReadRequest, rpc.ReadResponse>(client.read, request)).rejects.toThrow("no kind Nothing");
});

test("no error contains the value of a secret input, whatever caused it", async () => {
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

test("a function returns a result, secret if an argument was secret; an error contains no secret", async () => {
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
