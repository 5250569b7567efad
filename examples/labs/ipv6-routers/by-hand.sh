#!/bin/sh -e
# The same by hand.
for n in PC1 R1 R2 R3 PC2; do ip netns add $n; ip -n $n link set lo up; done
connect() {
  ip link add $2 netns $1 type veth peer name $4 netns $3
  ip netns exec $1 ethtool -K $2 tx off > /dev/null
  ip netns exec $3 ethtool -K $4 tx off > /dev/null
  ip -n $1 addr add fd00::$5:1/112 dev $2
  ip -n $3 addr add fd00::$5:2/112 dev $4
  ip -n $1 link set $2 up
  ip -n $3 link set $4 up
}
connect R1 r1pc1 PC1 pc1r1 1
connect R1 r1r2 R2 r2r1 2
connect R2 r2r3 R3 r3r2 3
connect R3 r3pc2 PC2 pc2r3 4
ip -n PC1 route add ::/0 via fd00::1:1
ip -n PC2 route add ::/0 via fd00::4:1
ip -n R1 route add ::/0 via fd00::2:2
ip -n R3 route add ::/0 via fd00::3:1
ip -n R2 route add fd00::1:0/112 via fd00::2:1
ip -n R2 route add fd00::4:0/112 via fd00::3:2
ip -n R2 route add prohibit fd00:bad::/32
for r in R1 R2 R3; do ip netns exec $r sysctl -q -w net.ipv6.conf.all.forwarding=1; done
tentative() { for n in PC1 R1 R2 R3 PC2; do ip -n $n -6 addr show tentative; done; }
while [ "$(tentative)" ]; do sleep 0.2; done
ip netns exec PC1 ping -c 1 -W 5 fd00::4:2
if ip netns exec PC1 ping -c 1 -W 1 fd00:bad::1; then exit 1; fi
