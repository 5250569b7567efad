import { debianMirror } from "../lib/debian.mjs";

/**
 * @typedef {object} System what a machine runs
 * @property {() => Promise<string>} [kernelFrom] the suite of the kernel; default: that of this host
 * @property {string} [release] the release of Debian whose files it has; default: the files of this host
 */

/**
 * README.md describes them.
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
