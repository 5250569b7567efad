import type { KubeProxyService } from "pulumi-localnet";

/** What the API server is handed, and where. */
interface ApiObject {
  readonly path: string;
  readonly object: object;
}

/** The node, the service and its endpoints, as Kubernetes knows them. The last one is there when all are. */
export function objects(service: KubeProxyService, addresses: readonly string[]): ApiObject[] {
  const [namespace = "", name = ""] = service.name.split("/");
  const conditions = { ready: true, serving: true, terminating: false };
  return [
    {
      path: "/api/v1/nodes/node",
      object: { apiVersion: "v1", kind: "Node", metadata: { name: "node" } },
    },
    {
      path: "/api/v1/nodes/node/status",
      object: {
        ...{ apiVersion: "v1", kind: "Node", metadata: { name: "node" } },
        status: { addresses: [{ type: "InternalIP", address: "172.30.0.10" }] },
      },
    },
    // The API server's own service is left out: nothing is behind it.
    {
      path: "/api/v1/namespaces/default/services/kubernetes",
      object: {
        ...{ apiVersion: "v1", kind: "Service" },
        metadata: { name: "kubernetes", labels: { "service.kubernetes.io/service-proxy-name": "none" } },
      },
    },
    {
      path: `/api/v1/namespaces/${namespace}/services/${name}`,
      object: {
        ...{ apiVersion: "v1", kind: "Service", metadata: { name, namespace } },
        spec: {
          ...{ type: "NodePort", clusterIP: service.addresses, externalIPs: service.externalAddresses },
          ports: service.ports.map(({ protocol = "tcp", ...port }) => ({ ...port, protocol: protocol.toUpperCase() })),
        },
      },
    },
    {
      path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}-1`,
      object: {
        ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4" },
        metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
        endpoints: addresses.map((address) => ({ addresses: [address], conditions, nodeName: "node" })),
        ports: service.ports.map(({ name, protocol = "tcp", port, targetPort = port }) => ({
          ...{ name, protocol: protocol.toUpperCase(), port: targetPort },
        })),
      },
    },
  ];
}

/** Stands in for what users and controllers do: hands the objects over, again until each is taken. */
export const controller = `
import json, signal, ssl, sys, time, urllib.request

api, token, objects = sys.argv[1:]
context = ssl._create_unverified_context()
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/apply-patch+yaml"}

def apply(path, object):
    url = f"{api}{path}?fieldManager=lab&force=true"
    request = urllib.request.Request(url, json.dumps(object).encode(), headers, method="PATCH")
    urllib.request.urlopen(request, context=context, timeout=30).read()

for each in json.loads(objects):
    while True:
        try:
            apply(each["path"], each["object"])
            break
        except OSError as error:
            print(each["path"], error, getattr(error, "read", str)(), flush=True)
            time.sleep(1)
print("all are handed over", flush=True)
signal.pause()
`;
