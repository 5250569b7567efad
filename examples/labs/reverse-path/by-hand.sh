#!/bin/sh -e
# The same by hand.
for n in near far; do
  ip netns add $n
  ip -n $n link set lo up
  ip netns exec $n sysctl -q -w net.ipv4.conf.all.rp_filter=2
done
for cable in there:1 back:2; do
  name=${cable%:*} net=${cable#*:}
  ip -n near link add $name type veth peer name $name netns far
  ip -n near addr add 10.30.$net.1/24 dev $name
  ip -n far addr add 10.30.$net.2/24 dev $name
  ip -n near link set $name up
  ip -n far link set $name up
done
for i in 1 2 3; do
  ip -n far addr add 192.0.2.$i dev lo
  ip -n near route add 192.0.2.$i via 10.30.1.2 src 10.30.2.1
done
ip netns exec far iptables -t raw -A PREROUTING -s 10.30.0.0/16 -m rpfilter
ip netns exec far iptables -t raw -A PREROUTING -d 192.0.2.2 -m rpfilter --invert -j DROP
ip netns exec far nft -f - <<N
table ip guard {
  chain incoming {
    type filter hook prerouting priority raw;
    ip daddr 192.0.2.3 fib saddr . iif oif missing counter drop
  }
}
N
ip netns exec near ping -c 1 -W 5 192.0.2.1
if ip netns exec near ping -c 1 -W 1 192.0.2.2; then exit 1; fi
if ip netns exec near ping -c 1 -W 1 192.0.2.3; then exit 1; fi
