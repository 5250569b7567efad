import { join } from "node:path";
import { layers } from "./scripts/test/layers.mjs";

const root = import.meta.dirname;
const swc = {
  jsc: { parser: { syntax: "typescript" }, target: "es2022" },
  module: { type: "commonjs", ignoreDynamic: true },
  isModule: "unknown",
  sourceMaps: "inline",
};

// Over ssh each command takes its time: what takes many, and is the same on any kernel, is proved on this machine.
const ignored = process.env.LOCALNET_TEST_HOST ? ["/iptables-rule-"] : [];

/**
 * A layer of the tests: the folder of its name, but for what its entry in the table says.
 * @param {import("./scripts/test/layers.mjs").Layer} layer
 */
function project({ name, jest: { roots, globalSetup, transform, testPathIgnorePatterns, ...options } = {} }) {
  return {
    displayName: name,
    rootDir: root,
    roots: (roots ?? [join("test", name)]).map((path) => join(root, path)),
    testEnvironment: "node",
    resolver: join(root, "test/resolver.cjs"),
    transform: transform ? mapped(transform, (path) => join(root, path)) : { "\\.[cm]?[jt]s$": ["@swc/jest", swc] },
    // Packages that are ES modules only are compiled too; those that are not, and are large, need not be.
    transformIgnorePatterns: ["/node_modules/(@pulumi|@grpc|typescript|google-protobuf|protobufjs|zod|fast-check)/"],
    modulePathIgnorePatterns: ["/dist/", "/\\.localnet/", "/\\.pulumi-state/"],
    testPathIgnorePatterns: ["/node_modules/", ...(testPathIgnorePatterns ?? ["\\.long\\.test\\.ts$"]), ...ignored],
    ...(globalSetup && { globalSetup: join(root, globalSetup) }),
    ...options,
  };
}

function mapped(record, change) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

export default {
  projects: layers.filter(({ project: other }) => !other).map(project),
  testTimeout: 60_000,
};
