#!/bin/sh -e
# The same by hand, without the servers.
VIP=207.175.44.110
modprobe -a ip_vs ipip
for n in client director direct masqueraded tunnelled; do
  ip netns add $n
  ip -n $n link set lo up
done
ip -n client link add br0 type bridge
ip -n client addr add 10.0.0.2/24 dev br0
ip -n client link set br0 up
outside() {
  ip -n client link add $2 type veth peer name outside netns $1
  ip -n client link set $2 master br0 up
  ip -n $1 addr add 10.0.0.$3/24 dev outside
  ip -n $1 link set outside up
}
outside director to-director 1
ip -n client route add $VIP via 10.0.0.1 dev br0
ip netns exec director sysctl -q -w net.ipv4.ip_forward=1
ip -n director addr add $VIP/32 dev lo
ip netns exec director ipvsadm -A -t $VIP:8080 -s rr
real() {
  ip -n director link add to-$1 type veth peer name inside netns $1
  ip -n director addr add 172.16.$2.1/24 dev to-$1
  ip -n director link set to-$1 up
  ip -n $1 addr add 172.16.$2.2/24 dev inside
  ip -n $1 link set inside up
  ip netns exec director ipvsadm -a -t $VIP:8080 -r 172.16.$2.2:8080 $3
}
real direct 1 -g
real masqueraded 2 -m
real tunnelled 3 -i
directly() {
  ip netns exec $1 sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.inside.rp_filter=0
  ip -n $1 addr add $VIP/32 dev lo
}
outside direct from-direct 11
directly direct
ip -n masqueraded route add default via 172.16.2.1
outside tunnelled from-tunnelled 13
ip -n tunnelled link set tunl0 up
ip netns exec tunnelled sysctl -q -w net.ipv4.conf.tunl0.rp_filter=0
directly tunnelled
ip netns exec client ping -c 1 -W 5 $VIP
