import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { endWithEngine } from "../engine";
import { refuseOtherUsers } from "../peers";
import { showThrough } from "./log";
import { service } from "./plugin";

/** The engine's own limit. That of gRPC is 4 MiB, and a refresh sends the state of a resource twice. */
const maxMessageBytes = 400 * 1024 * 1024;

export function newServer(implementation: ReturnType<typeof service>): grpc.Server {
  const server = new grpc.Server({ "grpc.max_receive_message_length": maxMessageBytes });
  server.addService(ResourceProviderService, implementation);
  return server;
}

/**
 * Runs the native plugin until the engine ends, and prints its port for the engine. `engine`: the engine's address.
 * `packageName`: the package that TypeScript programs written by Pulumi import; if missing, an SDK that Pulumi generates.
 */
export function serve(engine: string | undefined, packageName?: string): void {
  refuseOtherUsers();
  const file = (name: string) => readFileSync(join(__dirname, "../../..", name), "utf8");
  const schema = () => {
    const { language, ...rest } = JSON.parse(file("schema.json"));
    const nodejs = { ...language.nodejs, ...(packageName && { packageName }) };
    return JSON.stringify({ ...rest, language: { ...language, nodejs } });
  };
  const server = newServer(service(JSON.parse(file("package.json")).version, schema, showThrough(engine)));
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(port);
    endWithEngine();
  });
}
