import type { Stack } from "./engine";
import { dynamic, native } from "./providers";
import { fixture, sideBySide } from "./side-by-side";

/** The name of a link is cut to 15 characters. */
const names = (stack: string) => ({
  bridge: stack === "one" ? "one-swit-c5daeb" : "two-swit-281502",
  pod: `${stack}-pod1`,
});

describe("pulumi:autonaming", () =>
  sideBySide(
    native(fixture),
    (stack: Stack) =>
      stack.pulumi(["config", "set", "--path", "pulumi:autonaming.pattern", "${stack}-${name}", ...stack.target]),
    names,
  ));

describe("localnet:prefix", () =>
  sideBySide(dynamic(fixture), (stack) => stack.set({ "localnet:prefix": `${stack.name}-` }), names));
