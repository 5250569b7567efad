import { credentials, type Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Values } from "../../../provider/src/core/check";
import type { Show } from "../../../provider/src/pulumi/native/log";
import { service } from "../../../provider/src/pulumi/native/plugin";
import { newServer } from "../../../provider/src/pulumi/native/server";

const signature = "4dabf18193072939515e22adb298388d";
export const secret = (value: unknown) => ({ [signature]: "1b47061264138c4ac30d75fd1eb44270", value });
export const struct = (values: Values) => Struct.fromJavaScript(values as Record<string, string>);
export const urn = (type: string, name = "one") => `urn:pulumi:stack::project::localnet:index:${type}::${name}`;

/** Calls the plugin as the engine does, once usePlugin() is called. */
export let client: ResourceProviderClient;
let show: Show;

/** Starts the plugin before the tests of a file, and ends it after them. */
export function usePlugin(): void {
  const server = newServer(
    service(
      "1.2.3",
      () => "{}",
      (...line) => show(...line),
    ),
  );
  beforeAll(async () => {
    const port = await listen(server);
    const options = { "grpc.max_receive_message_length": -1 };
    client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  });
  afterAll(() => {
    client.close();
    server.forceShutdown();
  });
}

/** Sets the function that gets the plugin's progress. */
export function showTo(target: Show): void {
  show = target;
}

export function listen(on: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    on.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

type Method<Q, R> = (request: Q, reply: (error: Error | null, response: R) => void) => unknown;

export function call<Q, R>(method: Method<Q, R>, request: Q): Promise<R> {
  return new Promise((resolve, reject) =>
    method.call(client, request, (error, response) => (error ? reject(error) : resolve(response))),
  );
}

export async function check(type: string, news: Values) {
  const request = new rpc.CheckRequest();
  request.setUrn(urn(type));
  request.setNews(struct(news));
  const response = await call<rpc.CheckRequest, rpc.CheckResponse>(client.check, request);
  const failures = response.getFailuresList().map((each) => [each.getProperty(), each.getReason()]);
  return { inputs: response.getInputs()?.toJavaScript(), failures };
}

export async function diff(type: string, { olds, oldInputs = olds, news }: Record<string, Values>) {
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
