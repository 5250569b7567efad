import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalnetError } from "../../provider/src/errors";
import { openHost } from "../../provider/src/host";
import { openSandbox } from "../../scripts/lib/sandbox.mjs";
import { failure } from "../kernel/support/contract";
import { run } from "./engine";

// Why no command runs on a host: what ssh and a real server of it say in each of these cases, and what mends it.

const directory = mkdtempSync(join(tmpdir(), "localnet-ssh-causes-"));
const at = (name: string) => join(directory, name);
const over = process.env.LOCALNET_TEST_SSHD ? [process.env.LOCALNET_TEST_SSHD] : [];
let sandbox: Awaited<ReturnType<typeof openSandbox>>;
let port: number;
let listener: ReturnType<typeof createServer>;

beforeAll(async () => {
  sandbox = await openSandbox({ network: false, over });
  await succeeds([...sandbox.enterArgv, "mkdir", "-p", "/run/sshd"]);
  for (const name of ["host", "other-host", "user", "stranger", "second", "open"])
    await succeeds(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  chmodSync(at("open"), 0o644);
  // The server reads which keys it takes as the user who comes.
  chmodSync(directory, 0o755);
  writeFileSync(at("nothing"), "");
  // It says nothing, or what one says that is no server of ssh.
  listener = createServer((socket) => {
    socket.on("error", () => {});
    if (speaks) socket.end("HTTP/1.1 400 Bad Request\r\n".repeat(1100));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  port = (listener.address() as AddressInfo).port;
});
afterAll(async () => {
  listener.close();
  await sandbox.close();
  rmSync(directory, { recursive: true });
});

let speaks = false;

async function succeeds(argv: readonly string[]): Promise<void> {
  expect(await run(argv)).toMatchObject({ code: 0 });
}

/** A configuration of ssh that reaches the server by its standard input, and what the server's own has besides. */
function config(client: Record<string, string>, server = ""): string {
  const text = [
    ...[
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("user.pub")} ${at("open.pub")}`,
      "StrictModes no",
      "UsePAM no",
    ],
    ...["AuthenticationMethods publickey", "LogLevel QUIET", server],
  ].join("\n");
  const file = at(`sshd-${Math.random().toString(36).slice(2)}`);
  writeFileSync(file, text);
  const options = {
    ProxyCommand: [...sandbox.enterArgv, "/usr/sbin/sshd", "-i", "-f", file].join(" "),
    ...{ IdentityFile: at("user"), IdentitiesOnly: "yes", StrictHostKeyChecking: "accept-new" },
    ...{ UserKnownHostsFile: at("nothing"), GlobalKnownHostsFile: "/dev/null", ControlMaster: "no" },
    ...client,
  };
  return ["Host *", ...Object.entries(options).map(([key, value]) => `  ${key} ${value}`), ""].join("\n");
}

async function refused(name: string, sshConfig: string): Promise<LocalnetError> {
  // On a busy machine ssh takes seconds to read what is no server's.
  const connectTimeoutSeconds = speaks ? 30 : 3;
  const host = openHost(`ssh://${name}`, { sudo: false, sshConfig, connectTimeoutSeconds });
  const error = await failure(() => host.run(["true"]));
  expect(error.code).toBe("LN_HOST");
  expect(error.hint).toContain(`"ssh ssh://${name} true" has to work without a question`);
  return error;
}

test("a host that takes the key runs commands", async () => {
  const known = { UserKnownHostsFile: at("known") };
  expect((await openHost("ssh://root@lab", { sudo: false, sshConfig: config(known) }).run(["id", "-u"])).stdout).toBe(
    "0\n",
  );
});

const noProxy = { ProxyCommand: "none" };

test.each<[what: string, host: () => string, configured: () => string, summary: RegExp, hint: RegExp]>([
  [
    "another host key than before",
    () => "root@changed",
    () => {
      writeFileSync(at("former"), `changed ${textOf("other-host.pub")}`);
      return config({ UserKnownHostsFile: at("former") });
    },
    /the host has another key than before$/,
    /^if it was made again, take the former key out: ssh-keygen -f \S+\/former -R NAME/,
  ],
  [
    "a host key that nobody knows",
    () => "root@unknown",
    () => config({ StrictHostKeyChecking: "yes" }),
    /the key of the host is not known on this machine$/,
    /^connect once by hand and compare the key: ssh ssh:\/\/root@unknown/,
  ],
  [
    "a key that the host does not take",
    () => "root@lab",
    () => config({ IdentityFile: at("stranger") }),
    /the host does not let the user in$/,
    /^give it the user's public key: ssh-copy-id ssh:\/\/root@lab/,
  ],
  [
    "a user that there is not",
    () => "nosuchuser@lab",
    () => config({}),
    /the host does not let the user in$/,
    /The host may refuse the user, too/,
  ],
  [
    "a key that others can read",
    () => "root@lab",
    () => config({ IdentityFile: at("open") }),
    /the file of the user's key can be read by others$/,
    /^let its owner alone read it: chmod 600 \S+\/open\./,
  ],
  [
    "more keys than the host tries",
    () => "root@lab",
    () => config({ IdentityFile: `${at("stranger")}\n  IdentityFile ${at("second")}` }, "MaxAuthTries 1"),
    /the host refuses the user after too many keys$/,
    /^name the one that it takes: IdentityFile and IdentitiesOnly yes/,
  ],
  [
    "a user without a shell",
    () => "games@lab",
    () => config({}),
    /lets the user in and runs no command$/,
    /^give the user a shell there: sudo usermod -s \/bin\/sh USER/,
  ],
  [
    "a user for files alone",
    () => "root@lab",
    () => config({}, "ForceCommand internal-sftp"),
    /lets the user in and runs no command$/,
    /take away what runs instead of it: ForceCommand/,
  ],
  [
    "nothing in common",
    () => "root@lab",
    () => config({ KexAlgorithms: "ecdh-sha2-nistp521" }, "KexAlgorithms curve25519-sha256"),
    /have nothing in common to agree on$/,
    /configuration of ssh \(key exchange method\)/,
  ],
  [
    "a name that nothing has",
    () => "root@nohost.invalid",
    () => config(noProxy),
    /there is no host of this name$/,
    /^check the name "nohost\.invalid": getent hosts nohost\.invalid/,
  ],
  [
    "nothing that listens",
    () => "root@127.0.0.1:1",
    () => config(noProxy),
    /nothing there listens for ssh$/,
    /Debian package openssh-server\), or give its port/,
  ],
  [
    "a host that does not answer",
    () => `root@127.0.0.1:${port}`,
    () => config(noProxy),
    /the host does not answer$/,
    /^check that it runs, its address, .*localnet:connectTimeoutSeconds/,
  ],
  [
    "what is no server of ssh",
    () => {
      speaks = true;
      return `root@localhost:${port}`;
    },
    () => config(noProxy),
    /what listens there is no server of ssh, or one that refuses this machine$/,
    /^check the port/,
  ],
  [
    "a configuration with a mistake",
    () => "root@lab",
    () => config({ Nonsense: "yes" }),
    /ssh does not take its configuration$/,
    /^correct what it names: the file of localnet:sshConfig/,
  ],
])("%s", async (_what, host, configured, summary, hint) => {
  const error = await refused(host(), configured());

  expect(error.summary).toMatch(/^cannot run a command on ssh:/);
  expect(error.summary).toMatch(summary);
  expect(error.hint).toMatch(hint);
});

function textOf(name: string): string {
  return readFileSync(at(name), "utf8");
}
