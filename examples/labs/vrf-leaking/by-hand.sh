#!/bin/sh -e
# The same by hand.
for n in h1 h2 r1; do
  ip netns add $n
  ip -n $n link set lo up
done
ip netns exec r1 sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for n in h1 h2; do
  ip netns exec $n sysctl -q -w net.ipv6.conf.all.forwarding=0 net.ipv6.conf.all.keep_addr_on_down=1
done
ip -n h1 link add eth0 type veth peer name eth0 netns r1
ip -n h2 link add eth0 type veth peer name eth1 netns r1
for i in 1 2; do
  ip -n h$i addr add 172.16.$i.$i/24 dev eth0
  ip -n h$i addr add 2001:db8:16:$i::$i/64 dev eth0 nodad
done
ip -n h2 link set eth0 mtu 1400
for i in 1 2; do ip -n h$i link set eth0 up; done
ip -n h1 route add 172.16.2.0/24 via 172.16.1.253 dev eth0
ip -n h2 route add default via 172.16.2.253 dev eth0
for f in -4 -6; do ip -n r1 $f rule add pref 32765 from all lookup local; done
for v in blue:1101 red:1102; do
  name=${v%:*}
  ip -n r1 link add $name type vrf table ${v#*:}
  ip -n r1 link set $name up
  ip -n r1 route add vrf $name unreachable default metric 8192
  ip -n r1 -6 route add vrf $name unreachable default metric 8192
  ip -n r1 addr add 127.0.0.1/8 dev $name
  ip -n r1 addr add ::1 dev $name nodad
done
ip -n r1 link set eth1 mtu 1400
ip -n r1 link set eth0 vrf blue up
ip -n r1 link set eth1 vrf red up
ip -n r1 addr add 172.16.1.253/24 dev eth0
ip -n r1 addr add 172.16.2.253/24 dev eth1
ip -n r1 route add vrf blue 172.16.2.0/24 dev red
ip -n r1 route add vrf red 172.16.1.0/24 dev blue
ip netns exec h1 ping -c 1 -W 5 172.16.2.2
