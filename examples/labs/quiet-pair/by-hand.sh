#!/bin/sh -e
# The same by hand.
ip netns add outer
ip netns add inner
ip -n outer link add test0 type veth peer name veth0 netns inner
for end in outer:test0:1 inner:veth0:2; do
  name=${end%%:*} number=${end##*:} link=${end#*:} link=${link%:*}
  for s in accept_dad accept_ra mldv1_unsolicited_report_interval mldv2_unsolicited_report_interval; do
    ip netns exec $name sysctl -q -w net.ipv6.conf.$link.$s=0
  done
  ip netns exec $name ethtool -K $link rxvlan off txvlan off
  ip -n $name link set lo up
  ip -n $name link set $link up
  ip -n $name addr add fc00:dead:cafe:1::$number/64 dev $link
  ip -n $name addr add 10.11.1.$number/24 dev $link
done
outer=$(ip netns exec outer cat /sys/class/net/test0/address)
inner=$(ip netns exec inner cat /sys/class/net/veth0/address)
for address in fc00:dead:cafe:1::2 10.11.1.2; do
  ip -n outer neigh add $address lladdr $inner dev test0 nud permanent
done
for address in fc00:dead:cafe:1::1 10.11.1.1; do
  ip -n inner neigh add $address lladdr $outer dev veth0 nud permanent
done
ip -n inner route add fc00:dead:cafe::/48 via fc00:dead:cafe:1::1 dev veth0
ip -n outer link add link test0 name test0.1 type vlan id 1
ip -n outer link set test0.1 up
ip -n outer addr add fc00:dead:cafe:1001::1/64 dev test0.1
ip netns exec outer sysctl -q -w net.ipv6.conf.test0/1.accept_dad=0
ip netns exec outer ping -c 1 -W 5 10.11.1.2
ip netns exec outer ping -c 1 -W 5 fc00:dead:cafe:1::2
