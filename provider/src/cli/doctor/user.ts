import type { Host } from "../../host";
import { userNamespaceLimits } from "../../host/user-namespaces";
import { type Line, outputOf } from "./check";

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
  for (const { path, value, cure } of userNamespaceLimits)
    if ((await outputOf(host, ["cat", path])) === value)
      return { ...line, result: "note", detail: `${path} is ${value}: a lab needs root`, cure };
  return { ...line, result: "ok", detail: "an ordinary user can have a lab" };
}
