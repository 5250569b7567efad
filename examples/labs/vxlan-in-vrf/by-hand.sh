#!/bin/sh -e
# The same by hand.
for n in hv1 hv2 vm1 vm2; do
  ip netns add $n
  ip -n $n link set lo up
done
ip -n hv1 link add veth0 type veth peer name veth0 netns hv2
for i in 1 2; do
  ip -n hv$i addr add 172.16.0.$i/24 dev veth0
  ip -n hv$i link set veth0 up
  ip -n hv$i link add br0 type bridge
  ip -n hv$i link set br0 up
  ip -n hv$i link add vxlan0 type vxlan id 10 local 172.16.0.$i dev veth0 dstport 4789
  ip -n hv$i link set vxlan0 master br0 up
  ip -n hv$i link add tap type veth peer name vmif netns vm$i
  ip -n hv$i link set tap master br0 up
  ip -n vm$i link set vmif address 02:1d:8d:dd:0c:6$i
  ip -n vm$i addr add 10.0.0.$i/24 dev vmif
  ip -n vm$i link set vmif up
  bridge -n hv$i fdb add 00:00:00:00:00:00 dev vxlan0 dst 172.16.0.$((3 - i)) self permanent
done
ip netns exec vm1 ping -c 1 -W 5 10.0.0.2
# Moved into a routing domain while it is in use.
for i in 1 2; do
  ip -n hv$i link add vrf-u type vrf table 10
  ip -n hv$i link set vrf-u up
  ip -n hv$i link set veth0 vrf vrf-u
  ip -n hv$i link set vxlan0 down
  ip -n hv$i link set vxlan0 up
done
ip netns exec vm1 ping -c 1 -W 5 10.0.0.2
if ip netns exec hv1 ping -c 1 -W 1 172.16.0.2; then exit 1; fi
