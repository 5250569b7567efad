import * as grpc from "@grpc/grpc-js";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Failure } from "../../core/check";
import type { Difference } from "../../core/compare";
import type { PartialError } from "../../core/lifecycle";
import { LocalnetError } from "../../errors";
import { redact, visible } from "../../text";

/** Wraps a method of the service. */
export function unary<Request, Response>(
  body: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return ({ request }, reply) => {
    Promise.resolve(request)
      .then(body)
      .then(
        (response) => reply(null, response),
        (error) => reply(failure(error)),
      );
  };
}

export function checkResponse(
  inputs: Struct,
  failures: readonly Failure[],
  secretTexts: readonly string[],
): rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  response.setInputs(inputs);
  for (const { property, reason } of failures) {
    const failure = new rpc.CheckFailure();
    failure.setProperty(property);
    failure.setReason(visible(redact(reason, secretTexts)));
    response.addFailures(failure);
  }
  return response;
}

export function diffResponse(differences: readonly Difference[]): rpc.DiffResponse {
  const response = new rpc.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = rpc.DiffResponse.DiffChanges;
  response.setChanges(differences.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDeletebeforereplace(true);
  response.setHasdetaileddiff(true);
  for (const { path, replace, wanted, observed } of differences) {
    const how = observed === undefined ? "ADD" : wanted === undefined ? "DELETE" : "UPDATE";
    const detail = new rpc.PropertyDiff();
    detail.setKind(rpc.PropertyDiff.Kind[`${how}${replace ? "_REPLACE" : ""}` as const]);
    detail.setInputdiff(true);
    response.getDetaileddiffMap().set(path, detail);
    response.addDiffs(path.split(".")[0] ?? path);
    if (replace) response.addReplaces(path);
  }
  return response;
}

/** An error after a change, with the present properties for the engine to record. */
export class HalfMade extends Error {
  readonly metadata = new grpc.Metadata();

  constructor({ id, message }: PartialError, properties: Struct) {
    super(message);
    const there = new rpc.ErrorResourceInitFailed();
    there.setId(id);
    there.setProperties(properties);
    there.setReasonsList([message]);
    there.setRefreshBeforeUpdate(true);
    const detail = new Any();
    detail.pack(there.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(message);
    status.addDetails(detail);
    this.metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
}

/** Converts an error to the form that the engine accepts. After an error with one of our codes the state is known: nothing was changed. */
function failure(error: unknown): Partial<grpc.StatusObject> {
  const details = visible(error instanceof Error ? error.message : String(error));
  if (error instanceof HalfMade) return { code: grpc.status.UNKNOWN, details, metadata: error.metadata };
  return { code: error instanceof LocalnetError ? grpc.status.FAILED_PRECONDITION : grpc.status.UNKNOWN, details };
}
