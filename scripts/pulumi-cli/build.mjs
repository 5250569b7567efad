import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildGo } from "../lib/go.mjs";
import { root } from "../lib/paths.mjs";

const modules = join(root, "scripts/pulumi-cli");
const cliPackage = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
// Later releases of this module no longer contain the language host. This one also works with later CLIs and SDKs.
const languageHostPackage = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
// As with Node.js, later releases of the module no longer contain it.
const goPackage = "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go";
const yamlPackage = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml";
const yamlVersionVariable = "github.com/pulumi/pulumi-yaml/pkg/version.Version";
// Without inlining (-l) the build is faster, and the program as fast.
const flags = ["-gcflags=all=-l"];

/** The CLI starts the host of dynamic providers by this name; official releases ship such a script too. */
const dynamicProviderHost = `#!/bin/sh
script=$(node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')") && exec node "$script" "$@"
`;

/**
 * Builds the CLI with the language host for Node.js.
 * @param {string} directory gets a folder bin
 * @param {string} version
 * @param {(line: string) => void} report
 */
export async function buildPulumi(directory, version, report) {
  const bin = join(directory, "bin");
  await mkdir(bin);
  const values = { [versionVariable]: `v${version}` };
  await buildGo({ modules, main: cliPackage, target: join(bin, "pulumi"), values, flags }, report);
  const languageHost = { modules: join(modules, "language-nodejs"), main: languageHostPackage };
  await buildGo({ ...languageHost, target: join(bin, "pulumi-language-nodejs"), flags }, report);
  const shim = join(bin, "pulumi-resource-pulumi-nodejs");
  await writeFile(shim, dynamicProviderHost);
  await chmod(shim, 0o755);
}

/** @typedef {(directory: string, version: string, report: (line: string) => void) => Promise<void>} Build fills a folder bin */

/** Builds the language host for YAML. @type {Build} */
export function buildYamlHost(directory, version, report) {
  const values = { [yamlVersionVariable]: `v${version}` };
  return buildOne(join(modules, "language-yaml"), yamlPackage, values, directory, report);
}

/** Builds the language host for Go. @type {Build} */
export function buildGoHost(directory, _version, report) {
  return buildOne(join(modules, "language-go"), goPackage, {}, directory, report);
}

/** Builds the generator of SDKs. @type {Build} */
export function buildGenerator(directory, _version, report) {
  return buildOne(modules, "./generate-sdk", {}, directory, report);
}

/**
 * @param {string} modules
 * @param {string} main
 * @param {Record<string, string>} values
 * @param {string} directory
 * @param {(line: string) => void} report
 */
async function buildOne(modules, main, values, directory, report) {
  const bin = join(directory, "bin");
  await mkdir(bin);
  const target = join(bin, main.split("/").at(-1) ?? "");
  await buildGo({ modules, main, target, values, flags }, report);
}
