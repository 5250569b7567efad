import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { printLine } from "./cli.mjs";
import { debianMirror, unpackDebian, wouldInstall } from "./debian.mjs";
import { cache } from "./paths.mjs";
import { publish } from "./publish.mjs";

/**
 * A package that starts services, which is unpacked and not installed.
 * @typedef {object} Unpacked
 * @property {string} package
 * @property {string} file a file that exists if it is installed
 * @property {Record<string, string[]>} accounts the lines that its installation adds to files in /etc
 */

/** @type {Unpacked} */
const frr = {
  package: "frr",
  file: "/usr/lib/frr/zebra",
  accounts: {
    passwd: ["frr:x:942:942::/nonexistent:/usr/sbin/nologin"],
    group: ["frr:x:942:", "frrvty:x:943:frr"],
  },
};

/** @type {Unpacked} */
const sshd = {
  package: "openssh-server",
  file: "/usr/sbin/sshd",
  accounts: { passwd: ["sshd:x:941:65534::/run/sshd:/usr/sbin/nologin"] },
};

/** The routing daemons of FRR. */
export const ensureFrr = () => ensureUnpacked(frr);
/** The ssh server. */
export const ensureSshd = () => ensureUnpacked(sshd);

/**
 * @param {Unpacked} what
 * @returns {Promise<string | undefined>} the folder whose usr and etc must be mounted over the host's; undefined: it is installed
 */
async function ensureUnpacked({ package: name, file, accounts }) {
  if (existsSync(file)) return undefined;
  const { codename } = await debianMirror();
  const target = await publish(join(cache, `${name}-${codename}`), async (unfinished) => {
    printLine(`Unpacking ${name} from Debian's packages`);
    await unpackDebian(await wouldInstall([name]), unfinished);
    await mkdir(join(unfinished, "etc"), { recursive: true });
  });
  // The files of this host may have changed since.
  for (const [table, lines] of Object.entries(accounts)) {
    const text = await readFile(join("/etc", table), "utf8");
    await writeFile(join(target, "etc", table), `${text.trimEnd()}\n${lines.join("\n")}\n`);
  }
  return target;
}
