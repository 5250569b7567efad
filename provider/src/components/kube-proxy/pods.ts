import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Values } from "../../core/values";
import { withoutLength } from "../../pulumi/meaning";
import { isObject, requestOf } from "../../pulumi/references";
import { familyOf } from "../../schema/fields";

/** A service with the addresses of pods in the place of those: of the IP versions that it has itself. */
export function withPodAddresses(service: unknown, context: z.core.$RefinementCtx): unknown {
  if (!isObject(service) || !Array.isArray(service.endpoints)) return service;
  const versions = textsIn(service.addresses).map(familyOf);
  const endpoints = service.endpoints.flatMap((given: unknown, index) => {
    const endpoint: Values = pulumi.Resource.isInstance(given) ? { address: given } : isObject(given) ? given : {};
    const pod = endpoint.address;
    if (!pulumi.Resource.isInstance(pod)) return [given];
    const addresses = textsIn(requestOf(pod)?.addresses).map(withoutLength);
    const reached = addresses.filter((each) => versions.includes(familyOf(each)));
    if (reached.length === 0) {
      const message = "must have an address of the service's IP versions that is known to the program, not an output";
      context.addIssue({ code: "custom", path: ["endpoints", index], message, input: given });
    }
    const dependsOn = [pod, endpoint.dependsOn ?? []].flat();
    return reached.map((address) => ({ ...endpoint, address, dependsOn }));
  });
  return { ...service, endpoints };
}

function textsIn(value: unknown): string[] {
  return [value].flat().filter((each) => typeof each === "string");
}
