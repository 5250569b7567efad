import { serviceTable as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { dns, expectedWays, two, ways, withEndpoints } from "../support/service-table";

// Over ssh to an emulated machine, a table takes its time.
jest.setTimeout(10 * 60_000);

const mode = "ipvs";

contract("in mode ipvs", (world) => {
  const netns = world.netns("a");
  const run = (...argv: string[]) => world.runIn(netns, ...argv);
  const onNode = { ...two, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] };
  return {
    kind,
    needs: "ipvs",
    marked: false,
    inputs: { netns, mode, services: [two] },
    actual: () => ways(world, netns),
    expected: expectedWays,
    updates: [
      { what: "other endpoints, and a scheduler", change: { scheduler: "wrr", services: [withEndpoints("10.0.0.4")] } },
      { what: "another service, of both IP versions", change: { services: [two, dns] } },
      {
        what: "affinity, a node port, and who is masqueraded",
        change: {
          services: [{ ...onNode, sessionAffinity: { timeoutSeconds: 60 } }, dns],
          ...{ nodeAddresses: ["192.0.2.1"], podCidr: ["10.0.0.0/24", "fd00::/64"] },
        },
      },
      { what: "everybody is masqueraded, and no affinity", change: { services: [dns, onNode], masqueradeAll: true } },
      {
        what: "mode iptables",
        change: { mode: "iptables", scheduler: undefined, nodeAddresses: [] },
      },
      { what: "mode ipvs again, with one service", change: { mode, nodeAddresses: [], services: [dns] } },
      {
        what: "mode nftables",
        change: { mode: "nftables", serviceCidr: ["10.96.0.0/16"] },
      },
      {
        what: "mode ipvs again, of one IP version",
        change: { mode, families: ["ipv4"], serviceCidr: [], podCidr: ["10.0.0.0/24"], services: [two] },
      },
      { what: "both IP versions", change: { families: ["ipv4", "ipv6"], services: [two, dns] } },
    ],
    replaces: { netns: "other" },
    drifts: [
      {
        what: "a backend of another weight",
        input: "services",
        by: () => run("ipvsadm", "-e", "-t", "10.96.0.1:80", "-r", "10.0.0.2:8080", "-m", "-w", "5"),
      },
      {
        what: "a set that is empty",
        input: "services",
        by: () => run("ipset", "flush", "KUBE-CLUSTER-IP"),
      },
      { what: "the link is up", input: "families", by: () => run("ip", "link", "set", "dev", "kube-ipvs0", "up") },
      {
        what: "rules of the node that are gone",
        input: "families",
        by: () => run("iptables", "-w", "-t", "nat", "-F", "KUBE-POSTROUTING"),
      },
    ],
    ignores: [
      {
        what: "another virtual server, another set, another address",
        by: () =>
          world.script(
            netns,
            "ipvsadm -A -t 192.0.2.7:7 -s rr && ipset create another hash:ip && ip addr add 192.0.2.8/32 dev kube-ipvs0 && ip addr del 192.0.2.8/32 dev kube-ipvs0",
          ),
      },
    ],
    vanish: () =>
      world.script(
        netns,
        "iptables-restore </dev/null; for t in filter nat; do for i in iptables ip6tables; do $i -w -t $t -F; $i -w -t $t -X; done; done; ipvsadm -D -t 10.96.0.1:80; ipvsadm -D -u 10.96.0.2:53; ipvsadm -D -u [fd00:96::2]:53; for s in $(ipset list -n | grep KUBE-); do ipset destroy $s; done; ip link del kube-ipvs0",
      ),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: { none: "it is made of many objects, and what others have made of them is not taken over" },
    faults: {
      tool: "ipvsadm",
      update: { what: "another service", change: { services: [withEndpoints("10.0.0.4"), dns] } },
      obstacle: {
        what: "an entry of another's in a set",
        op: "delete",
        make: () => run("ipset", "add", "KUBE-CLUSTER-IP", "192.0.2.9,tcp:9"),
        message: () => /192\.0\.2\.9,tcp:9 of set KUBE-CLUSTER-IP \[LN_BUSY\]/,
        clear: () => run("ipset", "del", "KUBE-CLUSTER-IP", "192.0.2.9,tcp:9"),
      },
      impossible: { "no kernel module": "the commands say so like any failure" },
    },
  };
});

everyInput(kind);
everyDrift(kind, {
  mode: "what is made in another mode is not looked at",
  scheduler: "what is made of it shows in services",
  nodeAddresses: "what is made of it shows in services",
  podCidr: "what is made of it shows in families",
  serviceCidr: "it is for mode nftables",
  masqueradeAll: "what is made of it shows in families",
});
