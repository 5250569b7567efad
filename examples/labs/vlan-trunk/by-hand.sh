#!/bin/sh -e
# The same by hand.
ip netns add switch
ip -n switch link set lo up
ip -n switch link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0
ip -n switch link set br0 up
for n in router h1 h2 h3; do
  ip netns add $n
  ip -n $n link set lo up
  ip -n switch link add to-$n type veth peer name veth0 netns $n
  ip -n switch link set to-$n master br0 up
  ip -n $n link set veth0 up
done
for vid in 10 20 100; do
  ip -n router link add link veth0 name veth0.$vid type vlan id $vid
  ip -n router addr add 10.0.$vid.254/24 dev veth0.$vid
  ip -n router link set veth0.$vid up
  bridge -n switch vlan add vid $vid dev to-router
done
for h in 1:10 2:10 3:20; do
  number=${h%:*} vid=${h#*:}
  bridge -n switch vlan add vid $vid dev to-h$number pvid untagged
  ip -n h$number addr add 10.0.$vid.$number/24 dev veth0
  ip -n h$number route add default via 10.0.$vid.254
done
ip netns exec router sysctl -q -w net.ipv4.ip_forward=1
ip -n switch link add link br0 name br0.100 type vlan id 100
bridge -n switch vlan add vid 100 dev br0 self
ip -n switch addr add 10.0.100.1/24 dev br0.100
ip -n switch link set br0.100 up
ip netns exec switch iptables -A FORWARD -i br0.100 -o br0.200 -j DROP
for name in a0 a1; do ip -n h1 link add $name type veth peer name $name netns h2; done
for i in 1 2; do
  ip -n h$i link add bond0 type bond mode 802.3ad miimon 100
  ip -n h$i link set a0 master bond0
  ip -n h$i link set a1 master bond0
  ip -n h$i addr add 192.168.1.$i/24 dev bond0
  ip -n h$i link set bond0 up
done
ip netns exec h1 ping -c 1 -W 5 10.0.10.2
ip netns exec h1 ping -c 1 -W 5 10.0.20.3
ip netns exec h1 ping -c 5 -W 1 192.168.1.2
