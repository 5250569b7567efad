#!/bin/sh -e
# The same by hand, without the servers.
for n in host box web; do ip netns add $n; ip -n $n link set lo up; done
cable() {
  ip -n host link add $1 type veth peer name $4 netns $3
  ip -n host addr add $2 dev $1
  ip -n $3 addr add $5 dev $4
  ip -n host link set $1 up
  ip -n $3 link set $4 up
}
cable there 10.50.0.1/30 box in0 10.50.0.2/30
cable back 10.50.1.1/30 box out0 10.50.1.2/30
cable wan0 203.0.113.5/24 web eth0 203.0.113.80/24
ip -n box route add default via 10.50.1.1
ip -n host route add default via 10.50.0.2 table 100
ip -n host rule add to 10.50.1.0/30 lookup main pref 140
ip -n host rule add from 10.50.1.2 lookup main pref 150
ip -n host rule add lookup 100 pref 200
for n in host box; do
  ip netns exec $n sysctl -q -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=2
done
ip netns exec box iptables -t nat -A POSTROUTING -o out0 -j MASQUERADE
ip netns exec host iptables -t nat -A POSTROUTING -o wan0 -j MASQUERADE
ip netns exec box iptables -A FORWARD -p tcp --dport 8081 -j DROP
ip netns exec host ping -c 1 -W 5 203.0.113.80
