#!/bin/sh -e
# The same by hand.
modprobe -a ipip ip_gre
ip netns add ns1
ip netns add ns2
ip link add veth1 netns ns1 type veth peer name veth2 netns ns2
for i in 1 2; do
  ip -n ns$i link set lo up
  ip -n ns$i link set veth$i up
  ip -n ns$i addr add 192.168.1.$i/24 dev veth$i
done
for i in 1 2; do
  o=$((3 - i)) n=0
  for type in ipip gre gretap vxlan; do
    n=$((n + 1))
    case $type in
    vxlan) ip -n ns$i link add to-vxlan type vxlan id 1 dev veth$i dstport 4789 group 239.1.1.1 ;;
    *) ip -n ns$i link add to-$type type $type local 192.168.1.$i remote 192.168.1.$o ;;
    esac
    ip -n ns$i link set to-$type up
    ip -n ns$i addr add 172.16.$n.$i/24 dev lo
    ip -n ns$i route add 172.16.$n.$o dev to-$type src 172.16.$n.$i
  done
  ip -n ns$i link set tunl0 up
  ip -n ns$i addr add 172.16.5.$i/32 dev lo
  ip -n ns$i route add 172.16.5.$o via 192.168.1.$o dev tunl0 onlink src 172.16.5.$i
  ip -n ns$i rule add from 172.16.5.$i pref 32000 table 11
  ip -n ns$i route add table 11 default via 192.168.1.$o dev tunl0 onlink
done
for n in 1 2 3 4 5; do ip netns exec ns1 ping -c 1 -W 5 172.16.$n.2; done
