/** Prints filters, each with its place, which tc does not print. */
const showFilters = `
filters() { tc filter show dev $*  | sed "s/^filter/filter $*/"; }
tc qdisc show | sed 's/^qdisc \\(\\S*\\) \\(\\S*\\) dev \\(\\S*\\) .*/\\1 \\2 \\3/' | while read -r kind handle dev; do
  case $kind in
    clsact) filters $dev ingress; filters $dev egress;;
    ingress) filters $dev ingress;;
    *) filters $dev parent $handle;;
  esac
  [ $kind = htb ] && tc class show dev $dev | while read -r _ _ class _; do filters $dev parent $class; done
done; true`;

/** Prints the objects that no kind makes, in the words in which discover names them. */
export const rareObjectsScript = `echo '@@ rare'; {
ip l2tp show tunnel | sed -n 's/^Tunnel \\([0-9]*\\), .*/l2tp tunnel \\1/p'
ip fou show | sed 's/ ipproto.*//; s/ gue.*//; s/^/fou /'
ip mptcp endpoint show | sed 's/^\\(\\S* id \\S*\\) .*/mptcp endpoint \\1/'
ip ioam namespace show | sed 's/,.*//; s/^/ioam /'
ip -f mpls route show | sed 's/^\\(\\S*\\) .*/mpls route \\1/'
ip ioam schema show | sed 's/ .namespace.*//; s/,.*//; s/^/ioam /'
ip mrule show | sed -n 's/^\\([0-9]*\\):.* lookup [0-9].*/ipv4 mrule \\1/p'
ip -6 mrule show | sed -n 's/^\\([0-9]*\\):.* lookup [0-9].*/ipv6 mrule \\1/p'
ip xfrm policy getdefault | sed -n 's/^ *\\(in\\|fwd\\|out\\): *block/xfrm default \\1 block/p'
ip -s -s xfrm policy count | sed -n 's/.*SPD \\(IPv4\\) thresholds: \\(local [0-9]* remote [0-9]*\\).*/xfrm hthresh \\1 \\2/p' | grep -v 'local 32 remote 32'
[ -e /proc/net/ip_vs ] && ipvsadm -L --daemon | sed -n 's/^\\(\\S*\\) sync daemon (mcast=\\([^,]*\\),.*/ipvs \\1 daemon \\2/p'
ip token list | grep -v 'token :: '
ip sr tunsrc show | grep -v 'addr ::$' | sed 's/^tunsrc addr/sr tunsrc/'
ip addrlabel list | sed 's/^/addrlabel /; s/ *$//'
ip maddress show | sed -n 's/^[0-9]*:\\t\\(\\S*\\)$/D \\1/p; s/^\\tlink  \\(\\S*\\) static/G \\1/p' | while read -r what name; do
  [ $what = D ] && dev=$name || echo maddress $name dev $dev
done
ip link show | sed -n 's/^ *altname /altname /p'
bridge mdb show | sed -n 's/^dev \\(\\S*\\) port \\(\\S*\\) grp \\(\\S*\\) permanent.*/mdb dev \\1 port \\2 grp \\3/p'
tc actions ls action police | sed -n '/police 0x/{N;s/.*police 0x\\(\\S*\\) rate.*\\n.* bind 0 *$/action police index \\1/p}'
tc qdisc show | sed -n 's/^qdisc \\(clsact\\|ingress\\) .* dev \\(\\S*\\) .*/\\2/p' | while read -r dev; do
  for way in ingress egress; do
    tc chain show dev $dev $way | sed -n "s/^chain .*chain \\([1-9][0-9]*\\) *$/tc chain dev $dev $way chain \\1/p"
  done
done; } 2>/dev/null; true`;

/** Prints more settings of bridges, each with its link and its VLAN. */
export const bridgeObjectsScript = `echo '@@ bridges'; {
ip -o -d link show | sed -n 's/^[0-9]*: \\([^:@]*\\).* guard on .*/port \\1 guard true/p'
ip -o -d link show | sed -n 's/^[0-9]*: \\([^:@]*\\).* vlan_tunnel on .*/port \\1 vlan_tunnel true/p'
ip -o -d link show | sed -n 's/^[0-9]*: \\([^:@]*\\).* vnifilter.*/vnifilter dev \\1/p'
bridge -d vlan show | while read -r a b rest; do case $a in
  port) ;;
  state) [ $b = forwarding ] || echo vlan dev $dev vid $vid state $b;;
  *[!0-9]*) dev=$a vid=$b;;
  *) vid=$a;;
esac; done
bridge vlan global show | while read -r a b rest; do case $a in
  port) ;;
  mcast_snooping) [ $b = 1 ] || echo vlan global dev $dev vid $vid mcast_snooping $b;;
  *[!0-9]*) dev=$a vid=$b;;
  *) vid=$a;;
esac; done
bridge vlan tunnelshow | sed -n 's/^\\(\\S*\\)  *\\([0-9]*\\)  *\\([0-9][0-9]*\\) *$/vlan tunnel dev \\1 vid \\2 id \\3/p'
bridge vni show | sed -n 's/^\\([^d]\\S*\\)  *\\([0-9][0-9]*\\).*/vni \\2 dev \\1/p'
} 2>/dev/null; true`;

/** Prints all other objects of a namespace. The provider reads most of them as JSON, and this as text. */
export const kernelObjectsScript = [
  ["links", "ip -o -d link show"],
  ["addresses", "ip -o addr show"],
  ["routes", "ip -4 route show table all; ip -6 route show table all"],
  ["rules", "ip -d -4 rule show | sed 's/^/ipv4 /'; ip -d -6 rule show | sed 's/^/ipv6 /'"],
  ["neighbours", "ip neigh show nud permanent; ip neigh show proxy"],
  ["fdb", "bridge fdb show"],
  ["qdiscs", "tc qdisc show"],
  ["filters", showFilters],
  ["nft", "nft list tables"],
  ["ipv4 tables", "iptables-save"],
  ["ipv6 tables", "ip6tables-save"],
  ["sets", "ipset list -n"],
  ["xfrm", "ip -o xfrm state list nokeys; ip -o xfrm policy list"],
  ["settings", "grep -rsH '' /proc/sys/net"],
]
  .map(([title, command]) => `echo '@@ ${title}'; { ${command}; } 2>/dev/null`)
  .concat("true")
  .join("; ");
