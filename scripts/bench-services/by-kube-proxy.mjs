import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addressOf, endpoints } from "../../bench/node.js";
import { start } from "../lib/run.mjs";
import { vmHost } from "../vm/vm.mjs";

const headers = { Authorization: "Bearer bench", "Content-Type": "application/json" };
const atOnce = 16;

/** Its process, where the services are: to be ended, also in a machine. */
const pidFile = "/run/bench-kube-proxy.pid";

/**
 * The real one. Its API server is here, whatever the services are in.
 * @param {{ mode: string, programs: string, home: string, place: import("./place.mjs").Place }} what
 */
export async function byKubeProxy({ mode, programs, home, place }) {
  const [port = 0, etcdPort, peerPort] = await freePorts(3);
  const api = `https://127.0.0.1:${port}`;
  const addService = (/** @type {number} */ index) => postService(api, index);
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  process.removeAllListeners("warning");
  /** What it printed is told if it ends, and it must not. @param {string} name @param {string[]} args */
  const begin = (name, ...args) =>
    void start([name, ...args], { cwd: home }).then(({ all }) => {
      console.error(`${name} ended:\n${String(all).split("\n").slice(-20).join("\n")}`);
      process.exit(1);
    });
  return {
    /** An API server that knows of all services. @param {number} count */
    async prepare(count) {
      const etcd = `http://127.0.0.1:${etcdPort}`;
      begin(
        ...[join(programs, "etcd"), `--data-dir=${home}/etcd`, `--listen-peer-urls=http://127.0.0.1:${peerPort}`],
        ...[`--listen-client-urls=${etcd}`, `--advertise-client-urls=${etcd}`, "--unsafe-no-fsync"],
      );
      writeFileSync(join(home, "tokens"), "bench,bench,1\n");
      begin(
        ...[join(programs, "kube-apiserver"), `--etcd-servers=${etcd}`, `--cert-dir=${home}`],
        ...["--bind-address=127.0.0.1", `--secure-port=${port}`, "--advertise-address=172.22.9.1"],
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
      await send("POST", `${api}/api/v1/nodes`, node);
      const status = { addresses: [{ type: "InternalIP", address: "172.22.9.1" }] };
      await send("PUT", `${api}/api/v1/nodes/node/status`, { ...node, status });
      const left = Array.from({ length: count }, (_, index) => index);
      const work = async () => {
        for (let index = left.shift(); index !== undefined; index = left.shift()) await addService(index);
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      if (place.sshConfig)
        begin(
          ...["ssh", "-F", place.sshConfig, "-N", "-o", "ControlPath=none", "-o", "ExitOnForwardFailure=yes"],
          ...["-R", `${port}:127.0.0.1:${port}`, new URL(vmHost).hostname],
        );
      // Its file is in memory then.
      await place.output([join(programs, "kube-proxy"), "--version"]);
    },
    async program() {
      const kubeconfig = {
        ...{ apiVersion: "v1", kind: "Config", "current-context": "bench" },
        clusters: [{ name: "bench", cluster: { server: api, "insecure-skip-tls-verify": true } }],
        users: [{ name: "bench", user: { token: "bench" } }],
        contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
      };
      writeFileSync(join(home, "kubeconfig"), JSON.stringify(kubeconfig));
      const command = [
        ...[join(programs, "kube-proxy"), `--kubeconfig=${home}/kubeconfig`, "--hostname-override=node"],
        ...[`--proxy-mode=${mode}`, "--cluster-cidr=172.22.0.0/16", "--conntrack-max-per-core=0"],
        ...["--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0"],
      ];
      const log = `${pidFile}.log`;
      void place.start(["sh", "-c", `echo $$ > ${pidFile}; exec "$@" > ${log} 2>&1`, "sh", ...command]);
    },
    /** In mode ipvs virtual servers come first, then, one by one, what is in the sets. @param {number} index */
    async isDone(index) {
      if (mode !== "ipvs") return;
      const address = addressOf(index);
      const sets = [`KUBE-CLUSTER-IP ${address},tcp:80`, `KUBE-IPVS-IPS ${address}`];
      const tests = sets.map((each) => `until ipset -q test ${each}; do sleep 0.2; done`);
      const rule = "until iptables-save -t nat | grep -q 'match-set KUBE-CLUSTER-IP'; do sleep 0.2; done";
      await place.output(["timeout", "1200", "sh", "-c", [...tests, rule].join("; ")]);
    },
    async stop() {
      const end = `pid=$(cat ${pidFile}); kill $pid; while [ -e /proc/$pid ]; do sleep 0.1; done; sleep 1`;
      await place.output(["sh", "-c", end]);
    },
    /** @param {number} index */
    async add(index) {
      await addService(index);
      return Date.now();
    },
    resources: undefined,
  };
}

/** @param {number} count */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => /** @type {import("node:net").AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** Its endpoints first: else kube-proxy refuses its connections for a second. @param {string} api @param {number} index */
async function postService(api, index) {
  const [name, namespace] = [`s${index}`, "default"];
  await send("POST", `${api}/apis/discovery.k8s.io/v1/namespaces/default/endpointslices`, {
    ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4" },
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
    endpoints: endpoints.map((address) => ({ addresses: [address], conditions: { ready: true }, nodeName: "node" })),
    ports: [{ name: "http", protocol: "TCP", port: 8080 }],
  });
  await send("POST", `${api}/api/v1/namespaces/default/services`, {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name, namespace } },
    spec: { clusterIP: addressOf(index), ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080 }] },
  });
}

/** @param {string} method @param {string} url @param {object} object */
async function send(method, url, object) {
  const response = await fetch(url, { method, headers, body: JSON.stringify(object) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
}
