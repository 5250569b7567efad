import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { hasUnknown, unknown, type Values } from "../../core/check";
import { checkOnHost } from "../../core/check-on-host";
import { withDefaults, withoutDefaults } from "../../core/defaults";
import { changesNow } from "../../core/diff";
import { findExternal, findImportable } from "../../core/import";
import * as lifecycle from "../../core/lifecycle";
import { secretKeys } from "../../core/secrets";
import { answer } from "../../functions";
import { functionReferences, shapes } from "../../generated/shapes";
import { withReadCache } from "../../host";
import { interrupt } from "../../host/interrupt";
import { operation } from "../engine";
import { type Settings, settingsIn } from "../settings";
import { marksOf, withName } from "./autonaming";
import { checkConfig, diffConfig } from "./config";
import { type Requests, withoutResources } from "./given";
import type { Show } from "./log";
import { checkResponse, diffResponse, unary } from "./reply";
import { redactError, runner } from "./run";
import { hostDifference, recordedOn, requestedInputs, type Subject, state, stored, subjectOf, withHost } from "./state";
import { decode, encode } from "./struct";

/** The native plugin: Pulumi's ResourceProvider over gRPC. */
export function service(version: string, schema: () => string, show: Show): UntypedServiceImplementation {
  let settings: Settings = { sudo: false };
  const run = runner(show);
  const requests: Requests = new Map();

  return {
    checkConfig: unary(checkConfig),
    diffConfig: unary(diffConfig),

    configure: unary(async (request: rpc.ConfigureRequest) => {
      settings = settingsIn(decode(request.getArgs()).values);
      const response = new rpc.ConfigureResponse();
      response.setSupportspreview(true);
      response.setAcceptsecrets(true);
      response.setAcceptresources(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),

    check: unary(async (request: rpc.CheckRequest) => {
      const subject = subjectOf(request);
      const { urn, kind, owner } = subject;
      const { values: given, secrets, secretTexts } = decode(request.getNews());
      const { values, failures: unclear } = withoutResources(shapes[kind.type]?.references ?? {}, given, requests);
      const { named, marks } = withName(request, subject, values, settings.prefix);
      const { inputs, failures: wrong } = await checkOnHost(kind, { ...named, owner }, settings);
      const failures = unclear.length > 0 ? unclear : wrong;
      requests.set(urn, inputs);
      const hidden = new Set([...secrets, ...secretKeys(kind.args, inputs)]);
      const kept = { ...stored(withoutDefaults(kind.args, inputs)), ...marks };
      return checkResponse(encode(kept, hidden), failures, secretTexts);
    }),

    diff: unary(async (request: rpc.DiffRequest) => {
      const subject = subjectOf(request);
      const { kind, owner } = subject;
      const [given, recorded] = [decode(request.getNews()), decode(request.getOlds())];
      const { values, at } = recordedOn(settings, recorded.values);
      const news = lifecycle.check(kind, { ...given.values, owner }).inputs;
      const olds = requestedInputs(kind, values, decode(request.getOldInputs()).values, news);
      const find = () => changesNow(kind, request.getId(), { owner, ...olds }, news, at);
      const differing = await run(subject, [given, recorded], find);
      return diffResponse([...differing, ...hostDifference(at, settings, news)]);
    }),

    create: unary(async (request: rpc.CreateRequest) => {
      const subject = subjectOf(request);
      const { kind, owner } = subject;
      const given = decode(request.getProperties());
      const { values, secrets } = given;
      const inputs = { ...values, owner };
      const { id, outputs } = request.getPreview()
        ? preview(subject, inputs)
        : await run(subject, [given], () => lifecycle.create(kind, inputs, settings), request.getTimeout(), settings);
      const response = new rpc.CreateResponse();
      response.setId(id);
      response.setProperties(state(subject, withHost(outputs, settings), secrets));
      response.setRefreshBeforeUpdate(true);
      return response;
    }),

    read: unary(async (request: rpc.ReadRequest) => {
      const subject = subjectOf(request);
      const { kind, owner } = subject;
      const [recorded, inputs] = [decode(request.getProperties()), decode(request.getInputs())];
      const { values: there, at } = recordedOn(settings, recorded.values);
      const secrets = new Set([...recorded.secrets, ...inputs.secrets]);
      const id = request.getId();
      const response = new rpc.ReadResponse();
      const observe = () => {
        if (there.__external) return findExternal(kind, id, { owner, ...there }, at);
        if (Object.keys(there).length === 0) return findImportable(kind, id, owner, at);
        // A renamed resource's object has the mark of the former name.
        const values: Values = { owner, ...there };
        const before = values.imported ? { ...withDefaults(kind.args, inputs.values), owner: values.owner } : values;
        return lifecycle.read(kind, id, values, at, before);
      };
      const current = await run(subject, [recorded, inputs], () => withReadCache(observe));
      if (!current) return response;
      response.setId(current.id);
      response.setProperties(state(subject, withHost(current.outputs, at), secrets));
      const hidden = new Set([...secrets, ...secretKeys(kind.args, current.inputs)]);
      const kept = { ...stored(withoutDefaults(kind.args, current.inputs)), ...marksOf(request.getInputs()) };
      response.setInputs(encode(kept, hidden));
      response.setRefreshBeforeUpdate(true);
      return response;
    }),

    update: unary(async (request: rpc.UpdateRequest) => {
      const subject = subjectOf(request);
      const { kind, owner } = subject;
      const [given, recorded] = [decode(request.getNews()), decode(request.getOlds())];
      const { values, secrets } = given;
      const { values: there, at } = recordedOn(settings, recorded.values);
      const news = { ...values, owner };
      const olds = requestedInputs(kind, there, decode(request.getOldInputs()).values);
      const outputs = request.getPreview()
        ? preview(subject, news).outputs
        : await run(
            subject,
            [given, recorded],
            () => lifecycle.update(kind, request.getId(), { owner, ...olds }, news, at),
            request.getTimeout(),
            at,
          );
      const response = new rpc.UpdateResponse();
      response.setProperties(state(subject, withHost(outputs, at), secrets));
      response.setRefreshBeforeUpdate(true);
      return response;
    }),

    delete: unary(async (request: rpc.DeleteRequest) => {
      const subject = subjectOf(request);
      const { kind, owner } = subject;
      const given = decode(request.getProperties());
      const { values, at } = recordedOn(settings, given.values);
      const remove = () => lifecycle.remove(kind, request.getId(), { owner, ...values }, at);
      await run(subject, [given], remove, request.getTimeout(), at);
      return new Empty();
    }),

    invoke: unary(async (request: rpc.InvokeRequest) => {
      const { values: given, secrets, secretTexts } = decode(request.getArgs());
      const name = request.getTok().split(":").at(-1) ?? "";
      const { values, failures } = withoutResources(functionReferences[name] ?? {}, given, requests);
      if (failures[0]) throw new Error(failures[0].reason);
      const results = await operation(() => answer(name, values, settings)).catch((error) => {
        throw redactError(error, secretTexts);
      });
      const response = new rpc.InvokeResponse();
      // The observed value of a secret may reveal it.
      response.setReturn(encode(results, secrets.size > 0 ? new Set(Object.keys(results)) : secrets));
      return response;
    }),

    cancel: unary(async () => {
      interrupt();
      return new Empty();
    }),

    getSchema: unary(async () => {
      const response = new rpc.GetSchemaResponse();
      response.setSchema(schema());
      return response;
    }),

    getPluginInfo: unary(async () => {
      const info = new PluginInfo();
      info.setVersion(version);
      return info;
    }),
  };
}

/** The properties that are known before an object is made or changed: its inputs. */
function preview({ kind }: Subject, inputs: Values): { id: string; outputs: Values } {
  const args = lifecycle.check(kind, inputs).inputs;
  const outputs = Object.keys(kind.outputs.shape).map((key) => [key, unknown] as const);
  return { id: hasUnknown(args) ? "" : kind.id(args), outputs: { ...args, ...Object.fromEntries(outputs) } };
}
