import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../lib/paths.mjs";
import { output } from "../lib/run.mjs";
import { which } from "../lib/which.mjs";

const modules = join(root, "scripts/pulumi-cli");
const cliPackage = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
// Later releases of this module no longer hold the language host; this one serves later CLIs and SDKs as well.
const languageHostPackage = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
// As with Node.js: a later release of the module no longer holds it.
const goPackage = "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go";
const yamlPackage = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml";
const yamlVersionVariable = "github.com/pulumi/pulumi-yaml/pkg/version.Version";
const reportSeconds = 20;

/** The CLI starts the host of dynamic providers by this name; official releases ship such a script as well. */
const dynamicProviderHost = `#!/bin/sh
script=$(node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')") && exec node "$script" "$@"
`;

/**
 * Builds the CLI and what it needs beside it to run Node.js programs.
 * @param {string} directory gets a folder bin
 * @param {string} version
 * @param {(line: string) => void} report
 */
export async function buildPulumi(directory, version, report) {
  const go = compiler();
  const bin = join(directory, "bin");
  await mkdir(bin);
  const stamp = `-X ${versionVariable}=v${version}`;
  await build(go, modules, cliPackage, stamp, join(bin, "pulumi"), report);
  const languageHost = join(bin, "pulumi-language-nodejs");
  await build(go, join(modules, "language-nodejs"), languageHostPackage, "", languageHost, report);
  const shim = join(bin, "pulumi-resource-pulumi-nodejs");
  await writeFile(shim, dynamicProviderHost);
  await chmod(shim, 0o755);
}

/** @typedef {(directory: string, version: string, report: (line: string) => void) => Promise<void>} Build fills a folder bin */

/** What runs YAML programs. @type {Build} */
export function buildYamlHost(directory, version, report) {
  const stamp = `-X ${yamlVersionVariable}=v${version}`;
  return buildOne(join(modules, "language-yaml"), yamlPackage, stamp, directory, report);
}

/** What runs Go programs. @type {Build} */
export function buildGoHost(directory, _version, report) {
  return buildOne(join(modules, "language-go"), goPackage, "", directory, report);
}

/** What writes SDKs. @type {Build} */
export function buildGenerator(directory, _version, report) {
  return buildOne(modules, "./generate-sdk", "", directory, report);
}

/**
 * @param {string} cwd
 * @param {string} mainPackage
 * @param {string} stamp
 * @param {string} directory
 * @param {(line: string) => void} report
 */
async function buildOne(cwd, mainPackage, stamp, directory, report) {
  const go = compiler();
  const bin = join(directory, "bin");
  await mkdir(bin);
  await build(go, cwd, mainPackage, stamp, join(bin, mainPackage.split("/").at(-1) ?? ""), report);
}

function compiler() {
  const go = which("go");
  if (go) return go;
  throw new Error(
    "building parts of the Pulumi CLI needs Go (go1.21 or newer): install that, or the Pulumi CLI itself",
  );
}

/**
 * @param {string} go
 * @param {string} cwd
 * @param {string} mainPackage
 * @param {string} stamp
 * @param {string} target
 * @param {(line: string) => void} report
 */
async function build(go, cwd, mainPackage, stamp, target, report) {
  const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly" };
  const name = mainPackage.split("/").at(-1);
  const start = Date.now();
  let doing = "downloading modules";
  const ticker = setInterval(() => {
    report(`${name}: ${Math.round((Date.now() - start) / 1000)} s, ${doing}`);
  }, reportSeconds * 1000);
  try {
    const packages = await output([go, "list", "-deps", mainPackage], { cwd, env });
    const total = packages.trim().split("\n").length;
    let compiled = 0;
    doing = "compiling";
    // Without inlining (-l) it is built sooner and runs as fast.
    const flags = ["-v", "-trimpath", "-gcflags=all=-l", "-ldflags", `-s -w ${stamp}`];
    await output([go, "build", ...flags, "-o", target, mainPackage], {
      cwd,
      env,
      onStderr: (text) => {
        compiled += text.split("\n").length - 1;
        doing = `compiled ${compiled} of at most ${total} packages`;
      },
    });
  } finally {
    clearInterval(ticker);
  }
  report(`${name}: built in ${Math.round((Date.now() - start) / 1000)} s`);
}
