import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { say } from "../lib/cli.mjs";
import { debianMirror, unpackDebian, wouldInstall } from "../lib/debian.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";

/** Users and groups as the package's installation makes them. */
const accounts = {
  passwd: ["frr:x:942:942::/nonexistent:/usr/sbin/nologin"],
  group: ["frr:x:942:", "frrvty:x:943:frr"],
};

/**
 * FRR is unpacked and not installed: the package starts services of its own.
 * @returns {Promise<string | undefined>} the folder whose usr and etc are to be laid over the host's; undefined: it is installed
 */
export async function ensureFrr() {
  if (existsSync("/usr/lib/frr/zebra")) return undefined;
  const { codename } = await debianMirror();
  const target = await publish(join(cache, `frr-${codename}`), async (unfinished) => {
    say("Unpacking FRR for the tests, from Debian's packages");
    await unpackDebian(await wouldInstall(["frr"]), unfinished);
    await mkdir(join(unfinished, "etc"), { recursive: true });
  });
  // This host's own may have changed since.
  for (const [name, lines] of Object.entries(accounts)) {
    const text = await readFile(join("/etc", name), "utf8");
    await writeFile(join(target, "etc", name), `${text.trimEnd()}\n${lines.join("\n")}\n`);
  }
  return target;
}
