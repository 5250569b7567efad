/** Labs made by commands, like those in public tutorials, with the sorts of objects in them. A command that this kernel refuses makes no object. */
export const handmadeLabs = (b: string): Record<string, { script: string; sorts: string[] }> => ({
  "a router between two networks": {
    script: `
ip link add eth-b type veth peer name eth0 netns ${b}
ip addr add 10.1.0.1/24 dev eth-b
ip addr add 10.1.0.9/24 dev eth-b
ip link set eth-b up
ip -n ${b} addr add 10.1.0.2/24 dev eth0
ip -n ${b} link set eth0 up
ip addr add 192.0.2.7/32 dev lo
ip addr add 10.9.0.1 peer 10.9.0.2/32 dev eth-b
ip route add 10.2.0.0/16 via 10.1.0.2
ip route append 10.2.0.0/16 via 10.1.0.3
ip route add 10.3.0.0/16 via 10.1.0.2 proto 42
ip route add 10.4.0.0/16 tos 8 via 10.1.0.2
ip route add blackhole 10.5.0.0/16 table 100
ip route add local default dev lo table 101
ip -6 route add unreachable default metric 4278198272
ip rule add fwmark 1 lookup 100
ip rule add to 10.3.0.0/16 lookup 100 pref 50
ip -6 rule add from fd00::/64 lookup 101 pref 60
ip rule add iif eth-b lookup 100 pref 70
ip rule add iif lo lookup 100 pref 70
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 1 > /proc/sys/net/ipv4/conf/eth-b/proxy_arp
echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter
echo 2 > /proc/sys/net/ipv4/conf/all/rp_filter
echo 7 > /proc/sys/net/ipv4/neigh/eth-b/gc_stale_time
echo 12345 > /proc/sys/net/ipv4/ip_local_reserved_ports`,
    sorts: ["address", "link", "route", "rule", "setting"],
  },
  "a firewall": {
    script: `
iptables -N OWN
iptables -A OWN -m quota --quota 5 -j DROP
iptables -A OWN -j RETURN
iptables -A FORWARD -j OWN
iptables -P FORWARD DROP
iptables -t nat -A POSTROUTING -s 10.1.0.0/24 -j MASQUERADE
ip6tables -P INPUT DROP
ip6tables -A INPUT -p tcp -j ACCEPT
ipset create hosts hash:ip
ipset create ports bitmap:port range 1-10
iptables -A INPUT -m set --match-set hosts src -j ACCEPT
nft add table inet lab
nft add table bridge lab
nft add table ip raw
nft 'add chain ip raw early { type filter hook prerouting priority -300; }'
nft add rule ip raw early counter`,
    sorts: ["chain", "iptables", "nft", "policy", "set"],
  },
  "an overlay": {
    script: `
ip link add br0 type bridge vlan_filtering 1
ip link set br0 up
ip link add port type veth peer name far
ip link set port master br0 up
ip link set far up
ip link add vx0 type vxlan id 5 dstport 4789 remote 192.0.2.9 dev far
ip link set vx0 master br0 up
ip link add vx1 type vxlan id 6 dstport 4790 local 192.0.2.1
bridge fdb append 00:00:00:00:00:00 dev vx1 dst 192.0.2.8
bridge fdb append 00:00:00:00:00:00 dev vx1 dst 192.0.2.7
bridge fdb add 02:00:00:00:00:66 dev vx1 dst 192.0.2.8 self permanent
bridge fdb add 02:00:00:00:00:55 dev port master static
bridge fdb add 02:00:00:00:00:57 dev far self permanent
ip addr add 10.1.1.5/24 dev far
ip neigh add 10.1.1.1 lladdr 02:00:00:00:00:99 dev far nud permanent
ip neigh add proxy 10.1.1.2 dev far
ip -6 neigh add proxy fd00::9 dev far
ip link add link far name mv0 type macvlan mode bridge
ip link set mv0 up
ip tuntap add tap0 mode tap
ip addr add 10.8.0.1/24 dev tap0
ip link set tap0 up
ip route add 10.9.0.0/16 via 10.1.1.1
tc qdisc add dev far root handle 1: htb default 10
tc class add dev far parent 1: classid 1:10 htb rate 1mbit
tc qdisc add dev far parent 1:10 handle 2: tbf rate 1mbit burst 32k latency 10ms
tc qdisc add dev port clsact
tc filter add dev far parent 1: protocol ip prio 1 u32 match ip dport 80 0xffff flowid 1:10
tc filter add dev far parent 1: protocol ip prio 1 u32 match ip src 10.0.0.0/8 flowid 1:10
tc filter add dev far parent 1: protocol ip prio 2 u32 match u8 0x10 0xff at 33 flowid 1:10
tc filter add dev far parent 1: protocol ip prio 9 handle 1: u32 divisor 256
tc filter add dev far parent 1:10 protocol ipv6 prio 3 u32 match ip6 dst fc00::/16 action mirred egress mirror dev port
tc filter add dev port ingress protocol ip prio 2 u32 match ip dport 1 0xffff
tc filter add dev port egress protocol ip prio 2 u32 match ip dport 2 0xffff
tc qdisc add dev mv0 root tbf rate 1mbit burst 32k latency 10ms
ip nexthop add id 5 dev far
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x99 mode tunnel enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314
ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel`,
    sorts: ["address", "fdb", "link", "neighbour", "qdisc", "filter", "route"],
  },
  "links that not every kernel has": {
    script: `
ip link add red type vrf table 1101
ip link set red up
ip addr add 192.0.2.1/32 dev red
ip link add d0 type dummy
ip link set d0 master red up
ip addr add 10.1.0.1/24 dev d0
ip link add bond0 type bond mode active-backup
ip link add link d0 name d0.5 type vlan id 5
ip link add iv0 link d0 type ipvlan
ip link add x0 type xfrm if_id 42
ip link add wg0 type wireguard
ip link add t0 type gretap local 192.0.2.1 remote 192.0.2.2
ip link set tunl0 up
ip link add ifb0 type ifb
ip link set ifb0 up
tc qdisc add dev d0 root netem delay 100ms
tc qdisc add dev d0 clsact
tc filter add dev d0 ingress matchall action mirred egress redirect dev ifb0
tc filter add dev d0 ingress protocol ip prio 2 flower ip_proto tcp dst_port 80 action drop
tc filter add dev d0 ingress protocol ip prio 3 flower ip_flags frag action drop
tc filter add dev d0 egress prio 1 matchall action police rate 1mbit burst 10k
tc filter add dev d0 egress prio 2 chain 5 matchall action drop
tc filter add dev d0 egress protocol ip prio 3 handle 7 fw flowid 1:1
tc filter add dev d0 egress protocol ip prio 4 basic match 'cmp(u8 at 9 layer 1 eq 6)' action drop
tc filter add dev d0 egress protocol mpls_uc prio 5 matchall action drop
tc qdisc add dev ifb0 ingress_block 9 ingress
tc filter add block 9 matchall action drop
ip rule del pref 0
ip rule add pref 32765 lookup local`,
    sorts: ["link", "rule"],
  },
  "what no kind makes": {
    script: `
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
ip addr add 10.0.0.1/24 dev v0
ip -6 addr add 2001:db8::1/64 dev v0 nodad
ip l2tp add tunnel tunnel_id 3000 peer_tunnel_id 4000 encap udp local 10.0.0.1 remote 10.0.0.2 udp_sport 5000 udp_dport 6000
ip l2tp add session name l2tpeth0 tunnel_id 3000 session_id 1000 peer_session_id 2000
ip fou add port 5555 ipproto 4
ip fou add port 5556 gue
ip mptcp endpoint add 10.0.0.1 dev v0 subflow
ip ioam namespace add 7 data 5
echo 1000 > /proc/sys/net/mpls/platform_labels
ip -f mpls route add 100 via inet 10.0.0.2 dev v0
ip token set ::5 dev v0
ip sr tunsrc set fc00::1
ip addrlabel add prefix 2001:db8::/32 label 99
ip maddress add 01:00:5e:00:00:23 dev v0
ip link property add dev v0 altname another
ip link add br0 type bridge mcast_snooping 1
ip link set br0 up
ip link set v1 master br0
bridge mdb add dev br0 port v1 grp 239.1.1.1 permanent
tc actions add action police rate 1mbit burst 10k index 5
tc qdisc add dev v0 clsact
tc chain add dev v0 ingress chain 5
ip route add 10.4.0.0/16 encap seg6 mode encap segs fc00::7 dev v0
ip -6 route add 2001:db8:4::/48 from 2001:db8:5::/48 dev v0
ip nexthop add id 5 via 10.0.0.9 dev v0
ip route add 10.5.0.0/16 nhid 5
ip -6 route add 2001:db8:6::/48 dev v0 expires 1000
ip mrule add iif v0 table 50
ip -6 mrule add iif v0 table 51
ip ioam schema add 3 abcd
ip xfrm policy setdefault in block
ip xfrm policy set hthresh4 24 32
ip link add link v0 name ms0 type macsec
ipvsadm --start-daemon master --mcast-interface v0`,
    sorts: ["link", "rare", "route"],
  },
  "a bridge of which much is said": {
    script: `
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
ip link add br0 type bridge mcast_snooping 1
ip link set br0 type bridge vlan_filtering 1
ip link set br0 up
ip link set v1 master br0
bridge vlan add dev br0 vid 10 self
bridge vlan add dev v1 vid 10
bridge vlan global set dev br0 vid 10 mcast_snooping 0
bridge vlan set dev v1 vid 10 state blocking
bridge link set dev v1 guard on
bridge fdb add 02:00:00:00:00:01 dev v1 master sticky static
ip link add vx0 type vxlan dstport 4789 external vnifilter nolearning
ip link set vx0 master br0
bridge vni add dev vx0 vni 100
bridge link set dev vx0 vlan_tunnel on
bridge vlan add dev vx0 vid 20
bridge vlan add dev vx0 vid 20 tunnel_info id 200`,
    sorts: ["link", "fdb"],
  },
});
