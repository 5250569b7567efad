"""Pods made by Mininet: hosts on one Linux bridge, each with an address and a default route.

Usage: python3 mininet-pods.py COUNT
"""
import sys

from mininet.net import Mininet
from mininet.nodelib import LinuxBridge

net = Mininet(switch=LinuxBridge, controller=None, ipBase="10.200.0.0/16")
bridge = net.addSwitch("s1")
for number in range(int(sys.argv[1])):
    place = f"10.200.{(number + 1) >> 8}.{(number + 1) & 255}/16"
    net.addLink(net.addHost(f"h{number}", ip=place, defaultRoute="via 10.200.255.254"), bridge)
net.start()
net.stop()
