import { invalidateOnRun } from "./cache";
import { getOrCreate } from "./coalesce";
import { defaultTimeoutSeconds, type Host, type HostSettings } from "./host";
import { localHost } from "./local";
import { sshHost } from "./ssh";

export { cached, usesReadCache, withoutReadCache, withReadCache } from "./cache";
export type { Host, HostSettings, Result, RunOptions, StartOptions } from "./host";

const hosts = new Map<string, Host>();
const machines = new Map<string | undefined, Set<Host>>();

/** The host of a `host` input: one per machine and process, so that connections are shared. */
export function openHost(input: string | undefined, settings: HostSettings): Host {
  const { sudo, timeoutSeconds = defaultTimeoutSeconds, sshConfig, connectTimeoutSeconds } = settings;
  const url = input ?? settings.host;
  const key = JSON.stringify([sudo, timeoutSeconds, url, url && [sshConfig, connectTimeoutSeconds]]);
  let host = hosts.get(key);
  if (!host) {
    const opened = url ? sshHost(url, { ...settings, timeoutSeconds }) : localHost(sudo, timeoutSeconds);
    host = invalidateOnRun(
      opened,
      getOrCreate(machines, url, () => new Set<Host>()),
    );
    hosts.set(key, host);
  }
  return host;
}
