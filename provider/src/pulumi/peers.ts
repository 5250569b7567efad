import { readFileSync } from "node:fs";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { endianness } from "node:os";

// Pulumi's protocol makes a provider listen on a port of 127.0.0.1, to which every local user can connect. The kernel's
// table of connections shows who owns the other end.

/** The state in which the owner of a connection is known: one that is closing counts as root's. */
const established = "01";

let guarded = false;

/** Makes HTTP/2 servers of this process refuse other users, and closes their open connections. */
export function refuseOtherUsers(): void {
  if (guarded) return;
  guarded = true;
  const trusted = new WeakSet<object>();
  const server = Object.getPrototypeOf(createServer());
  const { emit } = server;
  server.emit = function (event: string, ...args: unknown[]) {
    if (event === "connection") {
      const socket = args[0] as Socket;
      if (!isSameUser(socket)) {
        socket.destroy();
        return true;
      }
    }
    if (event === "stream") {
      const { session } = args[0] as ServerHttp2Stream;
      if (!session) return true;
      if (!trusted.has(session) && !isSameUser(session.socket)) {
        session.destroy();
        return true;
      }
      trusted.add(session);
    }
    return emit.call(this, event, ...args);
  };
}

const reported = new Set<string>();

function isSameUser(socket: Pick<Socket, "localAddress" | "localPort" | "remoteAddress" | "remotePort">): boolean {
  const peer = endpoint(socket.remoteAddress, socket.remotePort);
  const uids = peer ? uidsOf(peer, endpoint(socket.localAddress, socket.localPort) ?? "") : [];
  if (uids.length > 0 && uids.every((uid) => uid === String(process.getuid?.()))) return true;
  const who = uids.length > 0 ? `user ${uids.join(", ")}` : "an unknown user";
  // One line per user, so that nobody can flood the terminal.
  if (!reported.has(who)) console.error(`pulumi-localnet: refused a connection of ${who}; it serves its own user only`);
  reported.add(who);
  return false;
}

/** The owners of the connections from one end to another: one, or none if it is closing. */
export function uidsOf(
  local: string,
  remote: string,
  read: (path: string) => string = (path) => readFileSync(path, "utf8"),
): string[] {
  const tables = [
    { path: "/proc/self/net/tcp", prefix: "" },
    // An IPv6 socket may connect to an IPv4 address.
    { path: "/proc/self/net/tcp6", prefix: mappedPrefix },
  ];
  return tables.flatMap(({ path, prefix }) => {
    const rows = tableRows(path, read).map((row) => row.trim().split(/\s+/));
    return rows.flatMap(([, from, to, state, , , , uid]) => {
      const same = from === prefix + local && to === prefix + remote && state === established;
      return same && uid !== undefined ? [uid] : [];
    });
  });
}

function tableRows(path: string, read: (path: string) => string): string[] {
  try {
    return read(path).split("\n").slice(1);
  } catch {
    // Without IPv6 this table does not exist. Without both tables every connection is refused.
    return [];
  }
}

/** An end of a connection in the kernel's format: words of four bytes in the machine's byte order. */
export function endpoint(address: string | undefined, port: number | undefined): string | undefined {
  const bytes = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/
    .exec(address ?? "")
    ?.slice(1)
    .map(Number);
  if (!bytes || port === undefined) return undefined;
  return `${word(bytes)}:${hex(port, 4)}`;
}

const mappedPrefix = `${word([0, 0, 0, 0]).repeat(2)}${word([0, 0, 0xff, 0xff])}`;

function word(bytes: readonly number[]): string {
  const ordered = endianness() === "LE" ? [...bytes].reverse() : bytes;
  return ordered.map((byte) => hex(byte, 2)).join("");
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
