#!/bin/sh -e
# The same by hand.
ip netns add switch
ip -n switch link set lo up
modprobe br_netfilter
ip -n switch link add filtered type bridge stp_state 0 forward_delay 0 nf_call_iptables 1
ip -n switch link add plain type bridge stp_state 0 forward_delay 0
ip netns exec switch sysctl -q -w net.bridge.bridge-nf-call-iptables=0
for host in a:filtered:1 b:filtered:2 c:plain:3 d:plain:4; do
  name=${host%%:*} number=${host##*:} bridge=${host#*:}
  ip netns add $name
  ip -n $name link set lo up
  ip -n switch link add to-$name type veth peer name eth0 netns $name
  ip -n switch link set to-$name master ${bridge%:*} up
  ip -n $name addr add 10.40.0.$number/24 dev eth0
  ip -n $name link set eth0 up
done
ip -n switch link set filtered up
ip -n switch link set plain up
ip -n switch link add link filtered name macvlan0 type macvlan mode private
ip -n switch link set macvlan0 address 02:00:00:00:40:09 up
ip -n switch addr add 10.40.0.9/24 dev macvlan0
ip netns exec switch iptables -A FORWARD -p icmp --icmp-type echo-request -j DROP
ip netns exec switch nft -f - <<N
table bridge one-way {
  chain forward {
    type filter hook forward priority 0;
    ip saddr 10.40.0.4 icmp type echo-request counter drop
  }
}
N
if ip netns exec a ping -c 1 -W 1 10.40.0.2; then exit 1; fi
ip netns exec a ping -c 1 -W 5 10.40.0.9
ip netns exec c ping -c 1 -W 5 10.40.0.4
if ip netns exec d ping -c 1 -W 1 10.40.0.3; then exit 1; fi
