#!/bin/sh -e
# The same by hand, without the servers.
ip netns add pc
ip -n pc link set lo up
for side in east:1 west:2; do
  name=${side%:*} net=${side#*:}
  ip netns add $name
  ip -n $name link set lo up
  ip -n pc link add to-$name type veth peer name eth0 netns $name
  ip -n pc link set to-$name up
  ip -n $name link set eth0 up
  ip -n pc addr add 10.20.$net.1/24 dev to-$name
  ip -n $name addr add 10.20.$net.2/24 dev eth0
  ip -n pc addr add 2001:db8:$net::1/64 dev to-$name nodad
  ip -n $name addr add 2001:db8:$net::2/64 dev eth0 nodad
  ip -n $name addr add 192.0.2.80 dev lo
  ip -n $name addr add 2001:db8:80::80 dev lo
  ip -n $name route add 10.20.0.0/16 via 10.20.$net.1
done
ip -n pc route add default via 10.20.1.2
ip -n pc route add default via 10.20.2.2 table 100
ip -n pc -6 route add default via 2001:db8:1::2
ip -n pc -6 route add default via 2001:db8:2::2 table 100
ip netns exec pc sysctl -q -w net.ipv4.conf.all.rp_filter=2
ip -n pc rule add pref 50 ipproto tcp dport 25 prohibit
ip -n pc rule add pref 100 ipproto tcp dport 8081 lookup 100
ip -n pc rule add pref 110 fwmark 0x64 lookup 100
ip -n pc -6 rule add pref 100 dport 8000-8999 lookup 100
ip netns exec pc iptables -t mangle -A OUTPUT -p tcp --dport 8082 -j MARK --set-mark 0x64
ip -n pc route get 192.0.2.80 mark 0x64 | grep to-west
ip -n pc route get 192.0.2.80 | grep to-east
ip netns exec pc ping -c 1 -W 5 192.0.2.80
