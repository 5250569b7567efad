import { chownSync, cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { root } from "./paths.mjs";
import { output, run } from "./run.mjs";

/** The user that root becomes to run as an ordinary user: nobody, who owns no files. */
const nobody = 65534;

/** A script for the root of the namespaces: it prepares /run for `ip netns`, mounts /sys for the new network, and sets lo up. */
const setUpNamespaces = `
set -e
mount -t tmpfs -o mode=755 none /run
mount -t sysfs none /sys
ip link set dev lo up
cd "$1"
shift
set +e
"$@"
exit $?`;

/** A script for root: it mounts folders over others, and then runs the rest as nobody. */
const becomeNobody = `
set -e
while [ "$1" != -- ]; do
  mount --bind -o "$3" "$1" "$2"
  shift 3
done
shift
exec setpriv --reuid ${nobody} --regid ${nobody} --clear-groups --no-new-privs -- "$@"`;

/**
 * @typedef {object} Rootless an ordinary user, and namespaces in which that user is root
 * @property {number} uid the user outside that root in the namespaces is
 * @property {string} clone the path of this clone for that user
 * @property {NodeJS.ProcessEnv} env
 * @property {(argv: string[], cwd?: string) => string[]} argv makes the command that runs another one in new namespaces, which end with it
 */

/**
 * Makes a folder the home of an ordinary user who can be root in that user's own namespaces: the user that runs this, or
 * nobody if that is root.
 * @param {string} home
 * @param {{ path?: string[], copies?: string[] }} [options] folders for PATH; folders of the clone that must be writable
 * @returns {Promise<Rootless>}
 */
export async function rootless(home, { path = [], copies = [] } = {}) {
  const place = isRealRoot() ? await forNobody(home, path, copies) : forOurselves(home, path);
  const { code, stderr } = await run(place.argv(["true"], "/"), { env: place.env, timeoutSeconds: 60 });
  if (code !== 0) throw new Error(whyNot(stderr));
  return place;
}

/**
 * @param {string} home
 * @param {string[]} path
 * @returns {Rootless}
 */
function forOurselves(home, path) {
  return {
    uid: process.getuid?.() ?? 0,
    clone: root,
    env: environment(home, path),
    argv: (argv, cwd = root) => [...unshare, cwd, ...argv],
  };
}

/**
 * Other users may have no access to root's folders, so the needed ones are mounted in the new home.
 * @param {string} home
 * @param {string[]} path
 * @param {string[]} copies
 * @returns {Promise<Rootless>}
 */
async function forNobody(home, path, copies) {
  const clone = join(home, "clone");
  const mounts = [dirname(process.execPath), ...path].map((from, index) => ({ from, to: join(home, `bin${index}`) }));
  const copied = copies.map((folder) => ({ from: join(home, basename(folder)), to: join(clone, folder) }));
  for (const folder of copies) cpSync(join(root, folder), join(home, basename(folder)), { recursive: true });
  if (copied.length > 0) await output(["chown", "-R", `${nobody}:${nobody}`, ...copied.map(({ from }) => from)]);
  for (const { to } of [{ to: clone }, ...mounts]) mkdirSync(to);
  chownSync(home, nobody, nobody);
  const binds = [
    ...[{ from: root, to: clone }, ...mounts].flatMap(({ from, to }) => [from, to, "ro"]),
    ...copied.flatMap(({ from, to }) => [from, to, "rw"]),
  ];
  const become = ["unshare", "--mount", "sh", "-c", becomeNobody, "sh", ...binds, "--"];
  return {
    uid: nobody,
    clone,
    env: environment(
      home,
      mounts.map(({ to }) => to),
    ),
    argv: (argv, cwd = clone) => [...become, ...unshare, cwd, ...argv],
  };
}

const unshare = [
  ...["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
  ...["sh", "-c", setUpNamespaces, "sh"],
];

/**
 * @param {string} home
 * @param {string[]} path
 * @returns {NodeJS.ProcessEnv}
 */
function environment(home, path) {
  const { XDG_RUNTIME_DIR, XDG_CACHE_HOME, XDG_CONFIG_HOME, XDG_DATA_HOME, ...rest } = process.env;
  const PATH = [...path, rest.PATH, "/usr/sbin", "/sbin"].join(delimiter);
  return { ...rest, PATH, HOME: home, TMPDIR: home };
}

/** Whether this is a root that can become another user, unlike the root of a namespace with no other users. */
function isRealRoot() {
  if (process.getuid?.() !== 0) return false;
  const ranges = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
  return ranges.some((range) => {
    const [first = 0, , count = 0] = range.trim().split(/\s+/).map(Number);
    return first <= nobody && nobody < first + count;
  });
}

/**
 * Settings that forbid ordinary users to make namespaces, the value that does so, and the fix.
 * @type {[path: string, value: string, mend: string][]}
 */
const settings = [
  ["/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"],
  ["/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"],
  [
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "1",
    "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (or an AppArmor profile that allows userns)",
  ],
];

/** @param {string} stderr */
function whyNot(stderr) {
  const closed = settings.filter(([path, value]) => existsSync(path) && readFileSync(path, "utf8").trim() === value);
  const mends = closed.map(([path, value, mend]) => `  ${path} is ${value}; root allows it by: ${mend}`);
  const other = "  In a container, what runs it must allow them (seccomp, a whole /proc); a chroot allows none";
  return [
    "This host lets no ordinary user have namespaces of their own, and the lab needs nothing else:",
    ...stderr
      .trim()
      .split("\n")
      .map((line) => `  ${line}`),
    ...(mends.length > 0 ? mends : [other]),
  ].join("\n");
}
