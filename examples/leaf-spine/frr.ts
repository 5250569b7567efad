/** BGP neighbours over links without configured addresses: each uses the other's link-local address (BGP unnumbered). */
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
 * FRR's daemons communicate through sockets in /run. Each router has its own /run, which ends with the daemons. The daemons
 * of a router are one process group, which ends together. Groups of next hops in the kernel are off: the kernel removes those of a link
 * that goes down, and FRR 8.4 does not add them again.
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
