import { invalidateOnRun } from "./cache";
import { defaultTimeoutSeconds, type Host, type HostSettings } from "./host";
import { localHost } from "./local";
import { sshHost } from "./ssh";

export { cached, usesReadCache, withoutReadCache, withReadCache } from "./cache";
export type { Host, HostSettings, Result, RunOptions, StartOptions } from "./host";

const hosts = new Map<string, Host>();

/** The host of a `host` input: one per machine and process, so that connections are shared. */
export function openHost(input: string | undefined, settings: HostSettings): Host {
  const { sudo, timeoutSeconds = defaultTimeoutSeconds, sshConfig, connectTimeoutSeconds } = settings;
  const url = input ?? settings.host;
  const key = JSON.stringify([sudo, timeoutSeconds, url, url && [sshConfig, connectTimeoutSeconds]]);
  let host = hosts.get(key);
  if (!host) {
    host = invalidateOnRun(url ? sshHost(url, { ...settings, timeoutSeconds }) : localHost(sudo, timeoutSeconds));
    hosts.set(key, host);
  }
  return host;
}
