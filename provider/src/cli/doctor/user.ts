import type { Host } from "../../host";
import { type Line, outputOf } from "./check";

/** Settings that keep ordinary users from namespaces of their own, and the value that does. */
const closed = [
  ["/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"],
  ["/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"],
  [
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "1",
    "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
  ],
] as const;

/** Who the commands run as, and whether an ordinary user can be root of a namespace. */
export async function checkUser(host: Host): Promise<Line[]> {
  return [await checkRoot(host), await checkNamespaces(host)];
}

async function checkRoot(host: Host): Promise<Line> {
  const line = { group: "user", what: "root" } as const;
  const [uid, map] = [await outputOf(host, ["id", "-u"]), await outputOf(host, ["cat", "/proc/self/uid_map"])];
  if (uid !== "0")
    return { ...line, result: "missing", detail: `user ${uid}`, cure: "sudo, --sudo, or docs/without-root.md" };
  const isWhole = map?.endsWith(" 4294967295");
  if (isWhole) return { ...line, result: "ok", detail: "root of this machine" };
  return { ...line, result: "note", detail: "root of a user namespace: no modules, few settings of the host" };
}

async function checkNamespaces(host: Host): Promise<Line> {
  const line = { group: "user", what: "user namespaces" } as const;
  for (const [path, value, cure] of closed)
    if ((await outputOf(host, ["cat", path])) === value)
      return { ...line, result: "note", detail: `${path} is ${value}: a lab needs root`, cure };
  return { ...line, result: "ok", detail: "an ordinary user can have a lab" };
}
