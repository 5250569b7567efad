/** Neighbours over links that have no address of their own: each finds the other's link-local one (BGP unnumbered). */
export function configuration(asNumber: number, neighbours: readonly string[]): string {
  return `router bgp ${asNumber}
 no bgp ebgp-requires-policy
 timers bgp 1 3
${neighbours.map((link) => ` neighbor ${link} interface remote-as external\n`).join("")} address-family ipv4 unicast
  redistribute connected
 exit-address-family
`;
}

/**
 * FRR's daemons talk through sockets in /run. With a /run of its own each router has its own, and they go with it. The daemons
 * of a router are one process group, which ends as one. Without groups of next hops in the kernel: it takes those of a link
 * that goes down out of them, and FRR 8.4 does not put them back.
 */
export const daemons = `
config=$(cat "$1")
mount -t tmpfs none /run
mkdir /run/frr
chown frr:frr /run/frr
cd /run/frr
echo "$config" > bgpd.conf
echo no zebra nexthop kernel enable > zebra.conf
/usr/lib/frr/zebra -f /run/frr/zebra.conf -P 0 &
until [ -S zserv.api ]; do sleep 0.1; done
exec /usr/lib/frr/bgpd -f /run/frr/bgpd.conf -P 0
`;
