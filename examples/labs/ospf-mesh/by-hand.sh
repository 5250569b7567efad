#!/bin/sh -e
# The same by hand, without the daemons.
for i in 1 2 3 4 5; do
  ip netns add ns$i
  ip -n ns$i link set lo up
  ip -n ns$i addr add 1.1.1.$i/32 dev lo
  ip netns exec ns$i sysctl -q -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
done
for i in 1 2 3 4; do
  for j in $(seq $((i + 1)) 5); do
    ip link add veth$i-$j netns ns$i type veth peer name veth$j-$i netns ns$j
    ip -n ns$i addr add 10.$i.$j.1/30 dev veth$i-$j
    ip -n ns$j addr add 10.$i.$j.2/30 dev veth$j-$i
    ip -n ns$i link set veth$i-$j up multicast on
    ip -n ns$j link set veth$j-$i up multicast on
    ip netns exec ns$i ethtool -K veth$i-$j rx off tx off
    ip netns exec ns$j ethtool -K veth$j-$i rx off tx off
  done
done
ip -n ns1 route add 1.1.1.5 via 10.1.2.2 metric 3355443200
ip netns exec ns1 ping -c 1 -W 5 10.1.5.2
