import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "../lib/run.mjs";
import { addressOf, endpoints } from "./network.mjs";

const api = "https://127.0.0.1:6443";
const headers = { Authorization: "Bearer bench", "Content-Type": "application/json" };
const atOnce = 16;

/** The real one. @param {{ mode: string, programs: string, home: string }} what */
export function byKubeProxy({ mode, programs, home }) {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  process.removeAllListeners("warning");
  /** What it printed is told if it ends, and it must not. @param {string} name @param {string[]} args */
  const begin = (name, ...args) => {
    void start([join(programs, name), ...args], { cwd: home }).then(({ all }) => {
      console.error(`${name} ended:\n${String(all).split("\n").slice(-20).join("\n")}`);
      process.exit(1);
    });
  };
  return {
    /** An API server that knows of all services. @param {number} count */
    async prepare(count) {
      begin("etcd", `--data-dir=${home}/etcd`, "--listen-peer-urls=http://127.0.0.1:2380", "--unsafe-no-fsync");
      writeFileSync(join(home, "tokens"), "bench,bench,1\n");
      begin(
        ...["kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", `--cert-dir=${home}`, "--bind-address=127.0.0.1"],
        "--advertise-address=172.22.9.1",
        ...[
          "--service-cluster-ip-range=10.96.0.0/16",
          "--endpoint-reconciler-type=none",
          "--authorization-mode=AlwaysAllow",
        ],
        ...[`--token-auth-file=${home}/tokens`, "--disable-admission-plugins=ServiceAccount"],
        ...[`--service-account-issuer=${api}`, `--service-account-key-file=${home}/apiserver.crt`],
        `--service-account-signing-key-file=${home}/apiserver.key`,
      );
      while (!(await fetch(`${api}/readyz`, { headers }).catch(() => undefined))?.ok) await sleep(200);
      const node = { apiVersion: "v1", kind: "Node", metadata: { name: "node" } };
      await send("POST", "/api/v1/nodes", node);
      const status = { addresses: [{ type: "InternalIP", address: "172.22.9.1" }] };
      await send("PUT", "/api/v1/nodes/node/status", { ...node, status });
      const left = Array.from({ length: count }, (_, index) => index);
      const work = async () => {
        for (let index = left.shift(); index !== undefined; index = left.shift()) await addService(index);
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    },
    async program() {
      const kubeconfig = {
        ...{ apiVersion: "v1", kind: "Config", "current-context": "bench" },
        clusters: [{ name: "bench", cluster: { server: api, "insecure-skip-tls-verify": true } }],
        users: [{ name: "bench", user: { token: "bench" } }],
        contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
      };
      writeFileSync(join(home, "kubeconfig"), JSON.stringify(kubeconfig));
      begin(
        ...["kube-proxy", `--kubeconfig=${home}/kubeconfig`, "--hostname-override=node", `--proxy-mode=${mode}`],
        ...["--cluster-cidr=172.22.0.0/16", "--conntrack-max-per-core=0"],
        ...["--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0"],
      );
    },
    /** @param {number} index */
    async add(index) {
      await addService(index);
      return Date.now();
    },
    resources: undefined,
  };
}

/** Its endpoints first: else kube-proxy refuses its connections for a second. @param {number} index */
async function addService(index) {
  const [name, namespace] = [`s${index}`, "default"];
  await send("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4" },
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
    endpoints: endpoints.map((address) => ({ addresses: [address], conditions: { ready: true }, nodeName: "node" })),
    ports: [{ name: "http", protocol: "TCP", port: 8080 }],
  });
  await send("POST", "/api/v1/namespaces/default/services", {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name, namespace } },
    spec: { clusterIP: addressOf(index), ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080 }] },
  });
}

/** @param {string} method @param {string} path @param {object} object */
async function send(method, path, object) {
  const response = await fetch(`${api}${path}`, { method, headers, body: JSON.stringify(object) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}
