#!/bin/sh -e
# The same by hand.
for n in Desk R01 R12 Server; do ip netns add $n; ip -n $n link set lo up; done
connect() {
  ip link add $2 netns $1 type veth peer name $4 netns $3
  ip -n $1 addr add 10.60.$5.1/24 dev $2
  ip -n $3 addr add 10.60.$5.2/24 dev $4
  ip -n $1 link set $2 up
  ip -n $3 link set $4 up
}
connect Desk Desk.e0 R01 R01.e0 0
connect R01 R01.e1 R12 R12.e1 1
connect R12 R12.e2 Server Server.e2 2
ip -n Desk route add 10.60.0.0/16 via 10.60.0.2
ip -n R01 route add 10.60.2.0/24 via 10.60.1.2
ip -n R12 route add 10.60.0.0/24 via 10.60.1.1
ip -n Server route add default via 10.60.2.1
for r in R01 R12; do ip netns exec $r sysctl -q -w net.ipv4.ip_forward=1; done
ip netns exec R12 sysctl -q -w net/ipv4/conf/R12.e2/forwarding=0
ip netns exec Desk ping -c 1 -W 5 10.60.1.2
if ip netns exec Desk ping -c 1 -W 1 10.60.2.2; then exit 1; fi
ip netns exec Server ping -c 1 -W 5 10.60.2.1
if ip netns exec Server ping -c 1 -W 1 10.60.0.1; then exit 1; fi
