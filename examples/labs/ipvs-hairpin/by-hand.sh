#!/bin/sh -e
# The same by hand, without the servers.
ip netns add home
ip -n home link set lo up
modprobe -a br_netfilter ip_vs
ip netns exec home sysctl -q -w net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.ipv4.vs.conntrack=1
ip -n home link add br-home type bridge
ip -n home addr add 10.0.0.1/24 dev br-home
ip -n home link set br-home promisc on up
for n in a:11 b:21; do
  name=${n%:*} number=${n#*:}
  mkdir -p /etc/netns/$name
  echo "nameserver 192.0.2.53" > /etc/netns/$name/resolv.conf
  ip netns add $name
  ip -n $name link set lo up
  ip -n home link add v-$name type veth peer name in-$name netns $name
  ip -n home link set v-$name master br-home up
  ip -n $name addr add 10.0.0.$number/24 dev in-$name
  ip -n $name link set in-$name up
  ip -n $name route add default via 10.0.0.1
done
ip -n home link add vip0 type dummy
ip -n home addr add 10.100.100.100/32 dev vip0
ip -n home link set vip0 up
ip netns exec home ipvsadm -A -t 10.100.100.100:8080 -s rr
ip netns exec home ipset create LOOP-BACK hash:ip,port,ip
for ip in 10.0.0.11 10.0.0.21; do
  ip netns exec home ipvsadm -a -t 10.100.100.100:8080 -r $ip:8080 -m
  ip netns exec home ipset add LOOP-BACK $ip,tcp:8080,$ip
done
ip netns exec home iptables -A FORWARD -i br-home -j ACCEPT
ip netns exec home iptables -A FORWARD -o br-home -j ACCEPT
ip netns exec home iptables -t nat -A POSTROUTING -m set --match-set LOOP-BACK dst,dst,src -j MASQUERADE
ip netns exec a ping -c 1 -W 5 10.100.100.100
