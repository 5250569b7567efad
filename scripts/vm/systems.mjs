import { debianMirror } from "../lib/debian.mjs";

/**
 * @typedef {object} System what a machine runs
 * @property {() => Promise<string>} [kernelFrom] the suite that the kernel is from; default: this host's own
 * @property {string} [release] the release of Debian whose files it sees; default: those of this host
 */

/**
 * README.md tells them apart.
 * @satisfies {Record<string, System>}
 */
export const systems = {
  host: {},
  backports: {
    kernelFrom: async () => `${(await debianMirror()).codename}-backports`,
  },
  "debian-13": {
    kernelFrom: async () => "trixie",
    release: "trixie",
  },
};

/** @typedef {keyof typeof systems} SystemName */

/**
 * @param {string} name
 * @returns {SystemName}
 */
export function systemNamed(name) {
  if (Object.hasOwn(systems, name)) return /** @type {SystemName} */ (name);
  throw new Error(`a machine cannot run ${name}; it can run ${Object.keys(systems).join(", ")}`);
}
