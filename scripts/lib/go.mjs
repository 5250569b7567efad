import { output } from "./run.mjs";
import { which } from "./which.mjs";

const reportSeconds = 20;

/**
 * @typedef {object} Program
 * @property {string} modules the folder of its go.mod and go.sum
 * @property {string} main its main package
 * @property {string} target the file of the program
 * @property {Record<string, string>} [values] values of variables, by name
 * @property {string[]} [flags] more flags of go build
 */

/**
 * Builds a program of Go from its modules. Go compares each with the checksum in go.sum.
 * @param {Program} program
 * @param {(line: string) => void} report
 */
export async function buildGo({ modules, main, target, values = {}, flags = [] }, report) {
  const go = which("go");
  if (!go) throw new Error(`building ${main} needs Go (go1.21 or newer): install that, or the program itself`);
  const options = { cwd: modules, env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly" } };
  const name = target.split("/").at(-1);
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  let doing = "downloading modules";
  const ticker = setInterval(() => report(`${name}: ${seconds()} s, ${doing}`), reportSeconds * 1000);
  try {
    const packages = await output([go, "list", "-deps", main], options);
    const total = packages.trim().split("\n").length;
    let compiled = 0;
    doing = "compiling";
    const stamps = Object.entries(values).map(([variable, value]) => `-X ${variable}=${value}`);
    const ldflags = ["-s", "-w", ...stamps].join(" ");
    await output([go, "build", "-v", "-trimpath", ...flags, "-ldflags", ldflags, "-o", target, main], {
      ...options,
      onStderr: (text) => {
        compiled += text.split("\n").length - 1;
        doing = `compiled ${compiled} of at most ${total} packages`;
      },
    });
  } finally {
    clearInterval(ticker);
  }
  report(`${name}: built in ${seconds()} s`);
}
