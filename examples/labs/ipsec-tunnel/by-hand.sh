#!/bin/sh -e
# The same by hand.
to1=0x0123456789012345678901234567890123456789
to2=0x9876543210987654321098765432109876543210
ip netns add ns1
ip netns add ns2
ip link add veth1 netns ns1 type veth peer name veth2 netns ns2
for i in 1 2; do
  ip -n ns$i link set lo up
  ip -n ns$i link set veth$i up
  for net in 1 2; do
    ip -n ns$i addr add 192.168.$net.$i/30 dev veth$i
    ip -n ns$i xfrm state add src 192.168.$net.1 dst 192.168.$net.2 proto esp spi 257 aead 'rfc4106(gcm(aes))' $to2 128 mode tunnel
    ip -n ns$i xfrm state add src 192.168.$net.2 dst 192.168.$net.1 proto esp spi 256 aead 'rfc4106(gcm(aes))' $to1 128 mode tunnel
  done
  for n in 16 17 18; do ip -n ns$i addr add 172.$n.$i.1/24 dev lo; done
done
for i in 1 2; do
  o=$((3 - i))
  # To the first host goes 256, to the second one 257.
  out="proto esp spi $((255 + o)) mode tunnel"
  in="proto esp spi $((255 + i)) mode tunnel"
  ip -n ns$i xfrm policy add src 172.16.$i.0/24 dst 172.16.$o.0/24 dir out tmpl src 192.168.1.$i dst 192.168.1.$o $out
  ip -n ns$i xfrm policy add src 172.16.$o.0/24 dst 172.16.$i.0/24 dir in tmpl src 192.168.1.$o dst 192.168.1.$i $in
  ip -n ns$i link add vti$i type vti local 192.168.2.$i remote 192.168.2.$o key 1
  ip -n ns$i link set vti$i up
  ip -n ns$i xfrm policy add src 0.0.0.0/0 dir out mark 1 tmpl src 192.168.2.$i dst 192.168.2.$o $out
  ip -n ns$i xfrm policy add src 0.0.0.0/0 dir in mark 1 tmpl src 192.168.2.$o dst 192.168.2.$i $in
  ip -n ns$i route add 172.16.$o.0/24 dev veth$i src 172.16.$i.1
  ip -n ns$i route add 172.17.$o.0/24 dev vti$i src 172.17.$i.1
  ip -n ns$i route add 172.18.$o.0/24 dev veth$i src 172.18.$i.1
done
ip -n ns2 xfrm policy add src 172.18.1.0/24 dst 172.18.2.0/24 dir in tmpl src 192.168.1.1 dst 192.168.1.2 proto esp mode tunnel
ip netns exec ns1 ping -c 1 -W 5 172.16.2.1
ip netns exec ns2 ping -c 1 -W 5 172.16.1.1
ip netns exec ns1 ping -c 1 -W 5 172.17.2.1
