# snapshot.mjs runs this on the host in one command, because each command over ssh takes long.
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
section() { printf '\n@@ %s\n' "$*"; }
there() { command -v "$1" > /dev/null; }

network() {
  section links "$1"
  ip ${1:+-n "$1"} -j -d address show
  section routes "$1"
  ip ${1:+-n "$1"} -4 route show table all
  ip ${1:+-n "$1"} -6 route show table all
  section rules "$1"
  ip ${1:+-n "$1"} -4 rule show
  section rules6 "$1"
  ip ${1:+-n "$1"} -6 rule show
}

# Saving the tables of the legacy backend would create missing ones.
legacy() {
  [ -s "/proc/net/$1" ] && there "$2" && section "$3" legacy && "$2"
}

exec 2> /dev/null
section self $$
network ""
for path in /run/netns/*; do
  [ -e "$path" ] || continue
  section namespaces
  echo "${path##*/}"
  network "${path##*/}"
done
there iptables-save && section iptables && iptables-save
there ip6tables-save && section ip6tables && ip6tables-save
legacy ip_tables_names iptables-legacy-save iptables
legacy ip6_tables_names ip6tables-legacy-save ip6tables
section ipvs
# ipvsadm would load the module.
if [ -e /proc/net/ip_vs ]; then
  if there ipvsadm; then ipvsadm -S -n; else cat /proc/net/ip_vs; fi
fi
section sysctls
grep -r '' /proc/sys/net/bridge /proc/sys/net/ipv4 /proc/sys/net/ipv6 /proc/sys/net/netfilter
section modules
cut -d ' ' -f 1 /proc/modules
section files
# With the owner: an entry of the ledger is a symbolic link to it.
find /run/pulumi-localnet -mindepth 1 -printf '%p %l\n'
section status
cat /proc/[0-9]*/stat
section commands
grep -a -z '' /proc/[0-9]*/cmdline | tr '\000\n' '\037 '
exit 0
