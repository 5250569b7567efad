import type { Host } from "./host";
import { localHost } from "./local";
import { sshHost } from "./ssh";

export type { Host, Result, RunOptions, StartOptions } from "./host";

export interface HostSettings {
  /** Commands go through `sudo -n`. */
  readonly sudo: boolean;
  /** The host of what does not say its own. */
  readonly host?: string | undefined;
}

const hosts = new Map<string, Host>();

/** The host of a `host` input: one per machine and process, so that connections are shared. */
export function openHost(own: string | undefined, { sudo, host: common }: HostSettings): Host {
  const url = own ?? common;
  const key = `${sudo} ${url ?? ""}`;
  let host = hosts.get(key);
  if (!host) {
    host = url ? sshHost(url, sudo) : localHost(sudo);
    hosts.set(key, host);
  }
  return host;
}
