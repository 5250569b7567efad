import type * as rpc from "@pulumi/pulumi/proto/provider_pb";
import type { z } from "zod";
import { type Failure, unknown, type Values } from "../check";
import { differences } from "../compare";
import type { HostSettings } from "../host";
import { configuration } from "../kind";
import { checked, differing } from "./reply";
import { decode, encode } from "./struct";

/** The settings in the configuration of the stack, or of a provider that the program makes. What else is there is not ours. */
export function settingsIn(values: Values): HostSettings {
  return configuration.parse(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, parsed(value)])));
}

/** Settings may come as text. */
function parsed(value: unknown): unknown {
  return value === "true" || value === "false" ? value === "true" : (value ?? undefined);
}

export async function checkConfig(request: rpc.CheckRequest): Promise<rpc.CheckResponse> {
  const { values, secrets } = decode(request.getNews());
  const failures = Object.entries(configuration.shape).flatMap(([property, field]): Failure[] => {
    const value = parsed(values[property]);
    const result = (field as z.ZodType).safeParse(value);
    if (value === unknown || result.success) return [];
    return [{ property, reason: `localnet:${property}: ${result.error.issues[0]?.message}` }];
  });
  return checked(encode(values, secrets), failures);
}

/** On another host are other objects. */
export async function diffConfig(request: rpc.DiffRequest): Promise<rpc.DiffResponse> {
  return differing(differences(configuration, decode(request.getNews()).values, decode(request.getOlds()).values));
}
