import { invalidateOnRun } from "./cache";
import { defaultTimeoutSeconds, type Host } from "./host";
import { localHost } from "./local";
import { sshHost } from "./ssh";

export { cached, usesReadCache, withoutReadCache, withReadCache } from "./cache";
export type { Host, Result, RunOptions, StartOptions } from "./host";

export interface HostSettings {
  /** Commands go through `sudo -n`. */
  readonly sudo: boolean;
  /** The host of resources that have no input `host`. */
  readonly host?: string | undefined;
  /** After this time a command is killed. Seconds. Default: 15. */
  readonly timeoutSeconds?: number;
}

const hosts = new Map<string, Host>();

/** The host of a `host` input: one per machine and process, so that connections are shared. */
export function openHost(input: string | undefined, { sudo, host: configured, timeoutSeconds }: HostSettings): Host {
  const url = input ?? configured;
  const limit = timeoutSeconds ?? defaultTimeoutSeconds;
  const key = `${sudo} ${limit} ${url ?? ""}`;
  let host = hosts.get(key);
  if (!host) {
    host = invalidateOnRun(url ? sshHost(url, sudo, limit) : localHost(sudo, limit));
    hosts.set(key, host);
  }
  return host;
}
