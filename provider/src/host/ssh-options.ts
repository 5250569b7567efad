import { createHash, randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { rename, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { privateDirectory } from "./folders";
import { defaultTimeoutSeconds } from "./host";
import { localHost } from "./local";

/** The environment variable with a configuration file for ssh, if no setting gives one. */
export const sshConfigVariable = "LOCALNET_SSH_CONFIG";

export interface SshOptions {
  readonly directory: string;
  readonly options: string[];
  /** The configuration given as text, and the file for ssh to read it from. */
  readonly config?: { readonly path: string; readonly text: string };
}

/** Options of every call of ssh, and the folder with the sockets of shared connections. */
export function sshOptions(config?: string): SshOptions {
  const directory =
    process.getuid?.() === 0
      ? "/run/pulumi-localnet-ssh"
      : join(process.env.XDG_RUNTIME_DIR || tmpdir(), `pulumi-localnet-ssh-${userInfo().uid}`);
  const digest = config && createHash("sha256").update(config).digest("hex").slice(0, 6);
  // Another configuration may give the same name to another host.
  const socket = join(directory, digest ? `${digest}-%C` : "%C");
  const text = config?.includes("\n") ? { path: join(directory, `${digest}.config`), text: config } : undefined;
  const file = text?.path ?? config ?? process.env[sshConfigVariable];
  const options = [...(file ? ["-F", file] : []), "-o", "BatchMode=yes", "-o", `ControlPath=${socket}`];
  return { directory, options, ...(text && { config: text }) };
}

/** The address that ssh connects to, by its configuration and this machine's resolver. */
export async function addressOf(url: string, sshConfig: string | undefined): Promise<string> {
  const ssh = sshOptions(sshConfig);
  await prepareFiles(ssh);
  const { stdout } = await localHost(false, defaultTimeoutSeconds).run(["ssh", ...ssh.options, "-G", url]);
  const name = /^hostname (.*)$/m.exec(stdout)?.[1] ?? "";
  return (await lookup(name)).address;
}

/** Makes the folder and the file that the options name. */
export async function prepareFiles({ directory, config }: SshOptions): Promise<void> {
  await privateDirectory(directory);
  if (config) await replaceFile(config.path, config.text);
}

/** Replaces a file in one step: a reader sees either the former text or the new one. */
async function replaceFile(path: string, text: string): Promise<void> {
  const other = `${path}.${randomUUID()}`;
  await writeFile(other, text, { mode: 0o600, flag: "wx" });
  await rename(other, path);
}
