import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./engine";

/** What the provider said to hosts: connections, and round trips by host. */
export interface Spoken {
  readonly connections: number;
  readonly requests: Readonly<Record<string, number>>;
}

/** Keeps what the provider sends through ssh, from a place in which it is the first program of this name. */
export class SshRecord {
  private readonly directory = mkdtempSync(join(tmpdir(), "localnet-ssh-record-"));

  constructor(private readonly inside: readonly string[]) {}

  async begin(): Promise<void> {
    const bin = join(this.directory, "ssh");
    // The first of a host makes the connection that all others share; those that run something begin with its name.
    const script = `#!/bin/sh
for word do case $word in -N) kind=connection ;; -O | -G) exec /usr/bin/ssh "$@" ;; ssh://*) host=\${word#*@} ;; esac; done
file=$(mktemp ${this.directory}/\${kind:-shell}.$host.XXXXXX)
[ "$kind" ] && exec /usr/bin/ssh "$@"
tee "$file" | /usr/bin/ssh "$@"
`;
    writeFileSync(bin, script);
    chmodSync(bin, 0o755);
    expect(await run([...this.inside, "mount", "--bind", this.directory, "/usr/local/sbin"])).toMatchObject({
      code: 0,
    });
  }

  /** What was said since the last time. */
  take(): Spoken {
    const requests: Record<string, number> = {};
    let connections = 0;
    for (const name of readdirSync(this.directory).filter((each) => each !== "ssh")) {
      const [kind, ...rest] = name.split(".");
      const host = rest.slice(0, -1).join(".");
      if (kind === "connection") connections += 1;
      else requests[host] = (requests[host] ?? 0) + requestsIn(readFileSync(join(this.directory, name), "utf8"));
      rmSync(join(this.directory, name));
    }
    return { connections, requests };
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** After a line of its own, each request says on its first line how many words follow its second. */
function requestsIn(text: string): number {
  const lines = text.split("\n").slice(1, -1);
  let count = 0;
  for (let line = 0; line < lines.length; line += 2 + Number(lines[line])) count += 1;
  return count;
}
