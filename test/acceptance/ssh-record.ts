import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./engine";

/** The provider's traffic with hosts: connections, and round trips by host. */
interface Spoken {
  readonly connections: number;
  readonly requests: Readonly<Record<string, number>>;
}

/** Records what the provider sends through ssh, by a program of that name that is first on PATH. */
export class SshRecord {
  private readonly directory = mkdtempSync(join(tmpdir(), "localnet-ssh-record-"));

  constructor(private readonly enterArgv: readonly string[]) {}

  async begin(): Promise<void> {
    const bin = join(this.directory, "ssh");
    // The first command for a host makes the shared connection. The commands that run something begin with the host's name.
    const script = `#!/bin/sh
for word do case $word in -N) kind=connection ;; -O | -G) exec /usr/bin/ssh "$@" ;; ssh://*) host=\${word#*@} ;; esac; done
file=$(mktemp ${this.directory}/\${kind:-shell}.$host.XXXXXX)
[ "$kind" ] && exec /usr/bin/ssh "$@"
tee "$file" | /usr/bin/ssh "$@"
`;
    writeFileSync(bin, script);
    chmodSync(bin, 0o755);
    expect(await run([...this.enterArgv, "mount", "--bind", this.directory, "/usr/local/sbin"])).toMatchObject({
      code: 0,
    });
  }

  /** The traffic since the last call. */
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

/** After one line at the start, the first line of each request has the number of words after its second line. */
function requestsIn(text: string): number {
  const lines = text.split("\n").slice(1, -1);
  let count = 0;
  for (let line = 0; line < lines.length; line += 2 + Number(lines[line])) count += 1;
  return count;
}
