import type * as dynamic from "../../../provider/src";

/** The arguments of a node with one service, web. */
export const ofWeb = (changes: Partial<dynamic.KubeProxyService> = {}, node: dynamic.KubeProxyNodeArgs = {}) => {
  const web = { name: "web", addresses: "10.96.0.1", ports: [{ port: 80 }], endpoints: ["10.0.0.2"] };
  return { ...node, services: [{ ...web, ...changes }] };
};
