import type * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { differences } from "../../core/compare";
import { configuration } from "../../core/kind";
import { wrongSettings } from "../settings";
import { checkResponse, diffResponse } from "./reply";
import { decode, encode } from "./struct";

export async function checkConfig(request: rpc.CheckRequest): Promise<rpc.CheckResponse> {
  const { values, secrets, secretTexts } = decode(request.getNews());
  return checkResponse(encode(values, secrets), wrongSettings(values), secretTexts);
}

/** On another host are other objects. */
export async function diffConfig(request: rpc.DiffRequest): Promise<rpc.DiffResponse> {
  return diffResponse(differences(configuration, decode(request.getNews()).values, decode(request.getOlds()).values));
}
