import { realpathSync } from "node:fs";
import { rename, rm, symlink } from "node:fs/promises";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { say } from "../lib/cli.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { isExecutable, which } from "../lib/which.mjs";
import { buildYamlHost } from "./build.mjs";
import { ensurePulumi } from "./pulumi.mjs";

const name = "pulumi-language-yaml";
/** What is built where there is none; scripts/pulumi-cli/language-yaml names the same. */
const version = "1.38.1";

/**
 * Finds the Pulumi CLI and what runs YAML programs, or gets them. Official releases hold both.
 * @returns {Promise<string>} the folders to put on PATH
 */
export async function ensurePulumiYaml() {
  const directory = await ensurePulumi();
  const target = join(cache, `${name}-${version}`);
  const built = join(target, "bin", name);
  const beside = join(directory, name);
  const found = isExecutable(beside) ? beside : which(name);
  const real = found && realpathSync(found);
  // One that was built here, if only for an older version, is of no account.
  if (real && !basename(dirname(dirname(real))).startsWith(`${name}-`)) return directory;

  await publish(target, async (unfinished) => {
    say(`The Pulumi CLI has no YAML language host: building ${version} from its Go modules (needs about 3 minutes)`);
    await buildYamlHost(unfinished, version, (line) => say(`  ${line}`));
    say(`  The YAML language host is in ${target}`);
  });
  // The CLI warns of a language host that is on PATH and not beside itself.
  if (dirname(dirname(directory)) !== cache) return [directory, dirname(built)].join(delimiter);
  if (real !== realpathSync(built)) await link(built, beside);
  return directory;
}

/**
 * Puts a link in place, all at once.
 * @param {string} target
 * @param {string} path
 */
async function link(target, path) {
  const unfinished = `${path}.${process.pid}`;
  await rm(unfinished, { force: true });
  await symlink(relative(dirname(path), target), unfinished);
  await rename(unfinished, path);
}
