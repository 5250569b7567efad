import { requireTools } from "../../provider/src/host/requirements";
import { failure } from "./support/contract";
import { testHost } from "./support/world";

test("a command is found without the command which", async () => {
  const host = testHost();
  const without: typeof host = {
    ...host,
    run: (argv, options) => host.run(argv[0] === "which" ? ["no-such-which"] : argv, options),
  };
  await requireTools(without, ["nsenter"]);
});

test("a command that is missing is named, with its package", async () => {
  const host = testHost();
  const elsewhere: typeof host = {
    ...host,
    run: (argv, options) =>
      host.run(
        argv.map((word) => word.replace(/(^|\/)curl$/, "$1no-such-curl")),
        options,
      ),
  };
  const error = await failure(() => requireTools(elsewhere, ["curl"]));
  expect(error).toMatchObject({ code: "LN_TOOL" });
  expect(error.message).toContain("Debian package curl");
});
