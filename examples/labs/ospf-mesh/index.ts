import { Address, File, Netns, Probe, Process, Route, Sysctl, VethPair } from "pulumi-localnet";

function addRouter(number: number) {
  const name = `ns${number}`;
  const id = `1.1.1.${number}`;
  const netns = new Netns(name);
  const loopback = new Address(`${name}-id`, { netns, device: "lo", address: `${id}/32` });
  const settings = [
    ["ip_forward", 1],
    ["conf.all.rp_filter", 0],
    ["conf.default.rp_filter", 0],
  ] as const;
  const forwards = settings.map(
    ([key, value]) => new Sysctl(`${name}-${key}`, { netns, key: `net.ipv4.${key}`, value }),
  );
  const config = new File(`${name}-ospfd`, {
    path: `/run/ospfd-${name}.conf`,
    content: `router ospf\n ospf router-id ${id}\n network 0.0.0.0/0 area 0\n`,
  });
  return { name, number, netns, id, config, parts: [loopback, ...forwards] };
}
const routers = [1, 2, 3, 4, 5].map(addRouter);
type Router = (typeof routers)[number];

/** Without hardware, checksums that the kernel leaves to a link stay wrong in packets that a daemon reads. */
const offloads = { rx: false, tx: false };
const connect = (a: Router, b: Router) =>
  new VethPair(`veth${a.number}-${b.number}`, {
    ...{ netns: a.netns, addresses: [`10.${a.number}.${b.number}.1/30`], offloads },
    peer: {
      ...{ name: `veth${b.number}-${a.number}`, netns: b.netns, addresses: [`10.${a.number}.${b.number}.2/30`] },
      offloads,
    },
  });
const cables = routers.flatMap((a) => routers.filter((b) => a.number < b.number).map((b) => connect(a, b)));

/**
 * FRR's daemons communicate through sockets. Each router has its own mounts with a folder for them, which ends with the daemons.
 * The daemons of a router are one process group, which ends together.
 */
const daemons = `
mount -t tmpfs none /mnt
chown frr:frr /mnt
sockets="-z /mnt/zserv --vty_socket /mnt -P 0"
touch /mnt/zebra.conf
/usr/lib/frr/zebra -f /mnt/zebra.conf -i /mnt/zebra.pid $sockets &
until [ -S /mnt/zserv ]; do sleep 0.1; done
exec /usr/lib/frr/ospfd -f "$1" -i /mnt/ospfd.pid $sockets
`;
const processes = routers.map(
  ({ name, netns, config, parts }) =>
    new Process(
      `frr-${name}`,
      {
        netns,
        command: ["unshare", "--mount", "sh", "-ec", daemons, name, config.path],
        // Neighbours have each other's routes once their databases are equal, after a hello every ten seconds and an exchange.
        ready: { exec: ["sh", "-c", "ip route show proto ospf | grep -q 1.1.1."], timeoutSeconds: 180 },
      },
      { dependsOn: [...cables, ...parts] },
    ),
);

// A route beside the learnt one, which is not used while that exists: zebra reads the distance of
// a kernel's route from the highest byte of its metric, and 200 is more than OSPF's 110.
const [first, last] = [routers[0], routers[4]] as [Router, Router];
const spare = new Route(
  "spare",
  { netns: first.netns, destination: last.id, via: "10.1.2.2", metric: 200 * 2 ** 24 },
  { dependsOn: cables },
);
const all = { dependsOn: [...processes, spare] };
const reach = new Probe("ns1-to-ns5", { netns: first.netns, ping: { address: last.id }, attempts: 60 }, all);
const learnt = new Probe(
  "learnt",
  {
    ...{ netns: first.netns, exec: ["ip", "route", "get", last.id], attempts: 60 },
    expectOutput: "via 10.1.5.2 dev veth1-5",
  },
  all,
);

export const seen = [reach.results.ok, learnt.results.ok];
