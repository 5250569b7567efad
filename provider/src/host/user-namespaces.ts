/** Settings that prevent ordinary users from making user namespaces: the file, the value that prevents it, and the fix. */
export const userNamespaceLimits = [
  { path: "/proc/sys/user/max_user_namespaces", value: "0", cure: "sysctl -w user.max_user_namespaces=10000" },
  {
    path: "/proc/sys/kernel/unprivileged_userns_clone",
    value: "0",
    cure: "sysctl -w kernel.unprivileged_userns_clone=1",
  },
  {
    path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    value: "1",
    cure: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
  },
] as const;
