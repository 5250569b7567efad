#!/bin/sh -e
# The same by hand, without the web server.
for n in node world a b; do ip netns add $n; ip -n $n link set lo up; done
ip -n node link add uplink type veth peer name eth0 netns world
ip -n node addr add 198.51.100.1/24 dev uplink
ip -n node link set uplink up
ip -n world addr add 198.51.100.9/24 dev eth0
ip -n world link set eth0 up
ip -n node route add default via 198.51.100.9
add() {
  ip -n node link add pod-$1 type veth peer name eth0 netns $1
  ip -n node link set pod-$1 up
  ip -n $1 link set eth0 up
  ip -n $1 addr add $2 dev eth0
  ip -n $1 route add default via 169.254.1.1 dev eth0 onlink
  ip -n node route add $2 dev pod-$1
  ip netns exec node sysctl -q -w net.ipv4.conf.pod-$1.proxy_arp=1
}
add a 10.65.0.2
add b 10.65.0.3
ip netns exec node sysctl -q -w net.ipv4.ip_forward=1
ip netns exec node iptables -A FORWARD -s 10.65.0.0/24 -j ACCEPT
ip netns exec node iptables -A FORWARD -d 10.65.0.0/24 -j ACCEPT
ip netns exec node iptables -t nat -A POSTROUTING -s 10.65.0.0/24 -o uplink -j MASQUERADE
ip netns exec a ping -c 1 -W 5 10.65.0.3
ip netns exec a ping -c 1 -W 5 198.51.100.9
