import { join } from "node:path";

const root = import.meta.dirname;
const swc = {
  jsc: { parser: { syntax: "typescript" }, target: "es2022" },
  module: { type: "commonjs", ignoreDynamic: true },
  isModule: "unknown",
  sourceMaps: "inline",
};

/** A layer of the tests: the folder of its name. */
function layer(name, options = {}) {
  return {
    displayName: name,
    rootDir: root,
    roots: [join(root, "test", name)],
    testEnvironment: "node",
    resolver: join(root, "test/resolver.cjs"),
    transform: { "\\.[cm]?[jt]s$": ["@swc/jest", swc] },
    // Packages that are ES modules only are compiled too; those that are not, and are large, need not be.
    transformIgnorePatterns: ["/node_modules/(@pulumi|@grpc|typescript|google-protobuf|protobufjs|zod|fast-check)/"],
    modulePathIgnorePatterns: ["/dist/", "/\\.localnet/", "/\\.pulumi-state/"],
    ...options,
  };
}

// Over ssh each command takes its time: what takes many, and is the same on any kernel, is proved on this machine.
const tooMany = process.env.LOCALNET_TEST_HOST ? ["/iptables-rule-"] : [];

export default {
  projects: [
    layer("unit"),
    layer("property"),
    layer("kernel", {
      globalSetup: join(root, "test/kernel/support/probe-features.mjs"),
      testPathIgnorePatterns: ["/node_modules/", ...tooMany],
    }),
    // In a user namespace swc refuses to unpack itself: all of the file system seems to belong to a stranger.
    layer("kernel-rootless", {
      roots: [join(root, "test/kernel")],
      globalSetup: join(root, "test/kernel/support/probe-features.mjs"),
      transform: { "\\.[cm]?[jt]s$": join(root, "test/typescript-transform.cjs") },
    }),
    layer("faults", {
      roots: [join(root, "test/kernel/cases"), join(root, "test/faults")],
      testPathIgnorePatterns: ["/cases/probe.test.ts$", "/iptables-rule-"],
      globals: { localnetFaults: true },
      globalSetup: join(root, "test/kernel/support/probe-features.mjs"),
    }),
    layer("acceptance"),
    layer("packaging"),
  ],
  testTimeout: 60_000,
};
