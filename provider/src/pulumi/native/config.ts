import type * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { differences } from "../../core/compare";
import { configuration } from "../../core/kind";
import { keys, withEnvironment, wrongSettings } from "../settings";
import { checkResponse, diffResponse } from "./reply";
import { decode, encode } from "./struct";

/**
 * Records the settings from the environment, so that `pulumi destroy` finds the host without it. Not the path of the ssh
 * client's configuration, which differs between users of the stack.
 */
export async function checkConfig(request: rpc.CheckRequest): Promise<rpc.CheckResponse> {
  const { values, secrets, secretTexts } = decode(request.getNews());
  const all = withEnvironment(values);
  const recorded = keys.filter((key) => all[key] !== undefined && (key !== "sshConfig" || key in values));
  const inputs = { ...values, ...Object.fromEntries(recorded.map((key) => [key, all[key]])) };
  return checkResponse(encode(inputs, secrets), wrongSettings(values), secretTexts);
}

/** No setting replaces the provider. Resources whose host changes report their own replacement. */
export async function diffConfig(request: rpc.DiffRequest): Promise<rpc.DiffResponse> {
  const differing = differences(configuration, decode(request.getNews()).values, decode(request.getOlds()).values);
  return diffResponse(differing.map((each) => ({ ...each, replace: false })));
}
