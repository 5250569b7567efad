import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** Calls the methods in its arguments over one connection, and prints the status of each, or "closed". */
export const callMethods = `
const http2 = require("node:http2");
const [port, ...calls] = process.argv.slice(1);
const client = http2.connect("http://127.0.0.1:" + port);
client.on("error", () => {});
client.on("close", () => { console.log("closed"); process.exit(); });
client.on("remoteSettings", () => console.log("greeted"));
(async () => {
  for (let each = 0; each < calls.length; each += 2) {
    if (calls[each] === "wait") { await new Promise((go) => process.stdin.once("data", go)); continue; }
    const body = Buffer.from(calls[each + 1], "hex");
    const head = Buffer.alloc(5);
    head.writeUInt32BE(body.length, 1);
    const headers = { ":method": "POST", ":path": calls[each], "content-type": "application/grpc", te: "trailers" };
    await new Promise((done) => {
      const stream = client.request(headers);
      const say = (from) => from["grpc-status"] !== undefined && console.log("status " + from["grpc-status"]);
      stream.on("response", say).on("trailers", say).on("error", () => {}).on("close", done).resume();
      stream.end(Buffer.concat([head, body]));
    });
  }
  client.close();
})();
`;

/** The call that starts a process with a command, as the user of the server. */
export function createProcess(command: readonly string[], logFile: string): string[] {
  const request = new rpc.CreateRequest();
  request.setUrn("urn:pulumi:stack::project::localnet:index:Process::intruder");
  request.setProperties(Struct.fromJavaScript({ command: [...command], logFile, stopTimeoutSeconds: 1 }));
  return ["/pulumirpc.ResourceProvider/Create", Buffer.from(request.serializeBinary()).toString("hex")];
}

/** The call that makes the SDK's dynamic provider run any JavaScript. */
export function checkDynamic(handler: string): string[] {
  const configuration = new rpc.ConfigureRequest();
  configuration.setArgs(Struct.fromJavaScript({}));
  const request = new rpc.CheckRequest();
  request.setUrn("urn:pulumi:stack::project::pulumi-nodejs:localnet:Bridge::intruder");
  request.setOlds(Struct.fromJavaScript({}));
  request.setNews(Struct.fromJavaScript({ __provider: handler }));
  return [
    ...["/pulumirpc.ResourceProvider/Configure", Buffer.from(configuration.serializeBinary()).toString("hex")],
    ...["/pulumirpc.ResourceProvider/Check", Buffer.from(request.serializeBinary()).toString("hex")],
  ];
}
