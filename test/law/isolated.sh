#!/bin/sh
# isolated.sh COMMAND...: runs it on a host of its own as far as the kernel can give one: its own network, processes and
# mounts, and an empty /run. What is written to /etc goes with it. The kernel ends all of it when the command ends.
exec unshare --mount --net --pid --fork --kill-child --mount-proc sh -ec '
  mount -t tmpfs -o mode=755 none /run
  mkdir /run/.etc /run/.etc/new /run/.etc/work
  mount -t overlay -o lowerdir=/etc,upperdir=/run/.etc/new,workdir=/run/.etc/work none /etc
  mount -t sysfs none /sys
  ip link set lo up
  for file in all default lo; do echo 0 > /proc/sys/net/ipv6/conf/$file/accept_dad; done
  export LOCALNET_TEST_ISOLATED=1
  exec "$@"' isolated "$@"
