#!/bin/sh -e
# The same by hand.
ip netns add ns1
ip netns add ns2
ip link add veth1 netns ns1 type veth peer name veth2 netns ns2
for i in 1 2; do
  ip -n ns$i link set lo up
  ip -n ns$i addr add 10.0.0.$i/24 dev veth$i
  ip -n ns$i link set veth$i up
  ip netns exec ns$i sysctl -q -w net.ipv4.tcp_congestion_control=bbr
  tc -n ns$i qdisc replace dev veth$i root fq
done
tc -n ns1 qdisc replace dev veth1 root netem delay 50ms 10ms loss 1% rate 20mbit limit 1000
tc -n ns2 qdisc add dev veth2 handle ffff: ingress
ip -n ns2 link add ifb0 type ifb
ip -n ns2 link set ifb0 up
tc -n ns2 filter add dev veth2 parent ffff: matchall action mirred egress redirect dev ifb0
tc -n ns2 qdisc add dev ifb0 root tbf rate 10mbit burst 32kbit latency 400ms
ip netns exec ns1 ping -c 3 10.0.0.2
