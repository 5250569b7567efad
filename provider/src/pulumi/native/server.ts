import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { endWithEngine } from "../engine";
import { refuseOtherUsers } from "../peers";
import { showThrough } from "./log";
import { service } from "./plugin";

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
  const server = new grpc.Server();
  server.addService(
    ResourceProviderService,
    service(JSON.parse(file("package.json")).version, schema, showThrough(engine)),
  );
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(port);
    endWithEngine();
  });
}
