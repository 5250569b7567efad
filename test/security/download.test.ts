import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { repository } from "@pulumi/pulumi/package.json";
import { root } from "./support/attacker";

// The download of the Pulumi CLI, which root runs: a server on 127.0.0.1 in place of the real one, with a
// certificate that curl trusts here.
const directory = mkdtempSync(join(tmpdir(), "localnet-download-"));
const [commands, certificate, key] = ["commands", "certificate", "key"].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
const realHost = new URL(repository.url).host;
const script = join(root, "scripts/pulumi-cli/download.mjs");
const platform = `${process.platform}-${process.arch}`;
let release: Buffer;
let answer: { status?: number; headers?: Record<string, string>; body?: Buffer };
let requests: string[];
let httpsServer: Server;
let httpServer: Server;

const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  mkdirSync(commands);
  const subject = ["-subj", `/CN=${realHost}`, "-addext", `subjectAltName=DNS:${realHost}`];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files], {
    stdio: "pipe",
  });
  mkdirSync(join(directory, "pulumi"));
  writeFileSync(join(directory, "pulumi/pulumi"), "the CLI");
  execFileSync("tar", ["-C", directory, "-czf", join(directory, "release"), "pulumi"]);
  release = readFileSync(join(directory, "release"));
  const serve: Parameters<typeof createHttpServer>[1] = ({ url = "" }, response) => {
    requests.push(url);
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? release);
  };
  httpsServer = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, serve);
  httpServer = createHttpServer(serve);
  await Promise.all([listen(httpsServer), listen(httpServer)]);
  const argv = ["/usr/bin/curl", "--connect-to", `${realHost}:443:127.0.0.1:${portOf(httpsServer)}`];
  const line = `exec ${argv.join(" ")} --noproxy '*' --cacert "$CERTIFICATE" "$@"`;
  writeFileSync(join(commands, "curl"), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
});
beforeEach(() => {
  requests = [];
  answer = {};
});
afterAll(() => {
  for (const server of [httpsServer, httpServer]) server.close();
  rmSync(directory, { recursive: true });
});

/** Downloads version 1.2.3, of which `known` is the SHA-256. */
async function download(known: string, trusted = certificate): Promise<{ target: string; problem: string }> {
  const target = mkdtempSync(join(directory, "target-"));
  const words = [target, "1.2.3", { [platform]: known }].map((word) => JSON.stringify(word));
  const program = `await (await import(${JSON.stringify(script)})).downloadPulumi(${words.join(", ")})`;
  const env = { ...process.env, PATH: [commands, process.env.PATH].join(delimiter), CERTIFICATE: trusted };
  const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    env,
  }).catch((error: { stderr: string }) => error);
  return { target, problem: stderr };
}

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

test("the release with the known checksum is accepted, from the address of releases", async () => {
  const { target, problem } = await download(sha256(release));
  expect(problem).toBe("");
  expect(readFileSync(join(target, "bin/pulumi"), "utf8")).toBe("the CLI");
  expect(readdirSync(target)).toEqual(["bin"]);
  const path = new URL(repository.url).pathname.replace(/\.git$/, "");
  expect(requests).toEqual([`${path}/releases/download/v1.2.3/pulumi-v1.2.3-${platform}.tar.gz`]);
});

test("another archive is refused before it is unpacked, even with one more byte at its end", async () => {
  const known = sha256(release);
  answer = { body: Buffer.concat([release, Buffer.from([0])]) };
  const { target, problem } = await download(known);
  expect(problem).toContain(`its SHA-256 is\n  ${sha256(answer.body as Buffer)}, and must be\n  ${known}`);
  expect(existsSync(join(target, "bin"))).toBe(false);
});

test("nothing is requested from a server with an untrusted certificate, and a redirection to plain HTTP is refused", async () => {
  const untrusted = await download(sha256(release), "/etc/ssl/certs/ca-certificates.crt");
  expect(untrusted.problem).toMatch(/curl: \((60|77)\)/);
  expect(requests).toEqual([]);
  answer = { status: 302, headers: { location: `http://127.0.0.1:${portOf(httpServer)}/archive` } };
  const redirected = await download(sha256(release));
  expect(redirected.problem).toContain("curl: (1)");
  expect(requests).toHaveLength(1);
  for (const { target } of [untrusted, redirected]) expect(existsSync(join(target, "bin"))).toBe(false);
});
