import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { oneLine } from "../../text";

/** Shows a line beside a resource until the next one. */
export type Show = (urn: string, message: string) => void;

/** Sends lines to the engine at an address. A line that does not arrive is not an error. */
export function showThrough(address: string | undefined): Show {
  if (!address) return () => {};
  const engine = new EngineClient(address, credentials.createInsecure());
  return (urn, message) => {
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(LogSeverity.INFO);
    request.setMessage(oneLine(message));
    request.setEphemeral(true);
    engine.log(request, () => {});
  };
}
