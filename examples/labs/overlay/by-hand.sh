#!/bin/sh -e
# The same by hand.
for n in h1 h2 c1 c2 c3; do ip netns add $n; ip -n $n link set lo up; done
ip -n h1 link add underlay type veth peer name underlay netns h2
for i in 1 2; do
  ip -n h$i addr add 10.70.0.$i/24 dev underlay
  ip -n h$i link set underlay up
  ip -n h$i link add br0 mtu 1450 type bridge
  ip -n h$i link set br0 up
  ip -n h$i link add vxlan42 mtu 1450 type vxlan id 42 local 10.70.0.$i dstport 4789 nolearning
  ip -n h$i link set vxlan42 master br0 up
done
container() {
  ip -n $1 link add to-c$2 mtu 1450 type veth peer name eth0 mtu 1450 netns c$2
  ip -n $1 link set to-c$2 master br0 up
  ip -n c$2 link set eth0 address 02:00:00:00:70:1$2 up
  ip -n c$2 addr add 192.168.70.1$2/24 dev eth0
}
container h1 1
container h2 2
container h2 3
ip -n c1 neigh add 192.168.70.12 lladdr 02:00:00:00:70:12 dev eth0
ip -n c2 neigh add 192.168.70.11 lladdr 02:00:00:00:70:11 dev eth0
bridge -n h1 fdb add 02:00:00:00:70:12 dev vxlan42 dst 10.70.0.2 self permanent
bridge -n h2 fdb add 02:00:00:00:70:11 dev vxlan42 dst 10.70.0.1 self permanent
bridge -n h2 fdb append 00:00:00:00:00:00 dev vxlan42 dst 10.70.0.1 self permanent
ip netns exec c1 ping -c 1 -W 5 192.168.70.12
if ip netns exec c1 ping -c 1 -W 1 192.168.70.13; then exit 1; fi
