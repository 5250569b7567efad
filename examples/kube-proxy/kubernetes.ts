import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { type KubeProxyService, type Netns, Process } from "pulumi-localnet";
import { controller, objects } from "./objects";

/** The real one, in the namespace of its node. */
interface KubeProxy {
  readonly node: Netns;
  readonly mode: string;
  readonly podCidr: string;
  readonly service: KubeProxyService;
  /** Those of the endpoints. */
  readonly addresses: readonly string[];
  /** The folder of the programs. */
  readonly programs: string | undefined;
  readonly dependsOn: pulumi.Resource[];
}

const api = "https://127.0.0.1:6443";
/** Nobody else gets to an API server that is on the loopback address of a namespace. */
const token = "lab";
const timeoutSeconds = 300;

/** Their files are in a file system of their own, which goes with the process. */
function withTmpfs(script: string, ...args: string[]): string[] {
  return ["unshare", "--mount", "sh", "-ec", `mount -t tmpfs none /mnt\n${script}`, ...args];
}

/** etcd, the API server, who hands it the service, and kube-proxy, each once the one before it is ready. */
export function kubeProxy({ node, mode, podCidr, service, addresses, programs, dependsOn }: KubeProxy): Process {
  const program = (name: string) => (programs ? join(programs, name) : name);
  const add = (name: string, command: string[], ready: string[], after: pulumi.Resource[], script = 'exec "$@"') =>
    new Process(
      name,
      { netns: node, command: withTmpfs(script, "sh", ...command), ready: { exec: ready, timeoutSeconds } },
      { dependsOn: after },
    );
  const answers = (url: string) => ["curl", "-skf", "-m", "10", "-H", `Authorization: Bearer ${token}`, url];

  const etcd = add(
    "etcd",
    [program("etcd"), "--data-dir=/mnt/etcd", "--listen-peer-urls=http://127.0.0.1:2380"],
    answers("http://127.0.0.1:2379/health"),
    dependsOn,
  );
  const server = add(
    "kube-apiserver",
    [
      ...[program("kube-apiserver"), "--etcd-servers=http://127.0.0.1:2379", "--cert-dir=/mnt"],
      ...["--bind-address=127.0.0.1", "--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none"],
      ...["--token-auth-file=/mnt/tokens", "--authorization-mode=AlwaysAllow"],
      ...["--disable-admission-plugins=ServiceAccount", `--service-account-issuer=${api}`],
      ...["--service-account-key-file=/mnt/apiserver.crt", "--service-account-signing-key-file=/mnt/apiserver.key"],
    ],
    answers(`${api}/readyz`),
    [etcd],
    `echo ${token},lab,1 > /mnt/tokens\nexec "$@"`,
  );
  const handed = objects(service, addresses);
  const services = add(
    "services",
    ["python3", "-c", controller, api, token, JSON.stringify(handed)],
    answers(`${api}${handed.at(-1)?.path}`),
    [server],
  );
  return add(
    "kube-proxy",
    [
      ...[program("kube-proxy"), "--kubeconfig=/mnt/kubeconfig", "--hostname-override=node", `--proxy-mode=${mode}`],
      ...[`--cluster-cidr=${podCidr}`, "--conntrack-max-per-core=0"],
      ...["--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0"],
    ],
    hasSynced,
    [services],
    `cat > /mnt/kubeconfig <<'END'\n${JSON.stringify(kubeconfig)}\nEND\nexec "$@"`,
  );
}

/** It says that it is healthy before all is there: in mode ipvs virtual servers come first, and their sets and rules later. */
const hasSynced = [
  ...["sh", "-c"],
  `curl -sf -m 10 http://127.0.0.1:10249/metrics | grep -qE '^kubeproxy_sync_proxy_rules_last_timestamp_seconds.*IPv4.* [1-9]'`,
];

const kubeconfig = {
  ...{ apiVersion: "v1", kind: "Config", "current-context": "lab" },
  clusters: [{ name: "lab", cluster: { server: api, "insecure-skip-tls-verify": true } }],
  users: [{ name: "lab", user: { token } }],
  contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
};
