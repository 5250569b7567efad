#!/bin/sh
# with-legacy.sh COMMAND...: runs it where iptables is the one of backend legacy, in a mount namespace of its own.
exec unshare -m sh -ec '
  mount -t tmpfs none /mnt
  cp -a /etc/alternatives/. /mnt
  for name in iptables ip6tables; do
    for part in "" -save -restore; do ln -sfn "/usr/sbin/$name-legacy$part" "/mnt/$name$part"; done
  done
  mount --bind /mnt /etc/alternatives
  umount /mnt
  exec "$@"' with-legacy "$@"
