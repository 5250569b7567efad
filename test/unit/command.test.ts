import { main } from "../../provider/src/cli/command";

let said: string[];

beforeEach(() => {
  said = [];
  for (const method of ["log", "error"] as const)
    jest.spyOn(console, method).mockImplementation((...lines: unknown[]) => {
      said.push(`${method}: ${lines.join(" ")}`);
    });
});
afterEach(() => jest.restoreAllMocks());

test.each([
  ["no command", [], "There is one command, discover"],
  ["another command", ["list"], "There is one command, discover"],
  ["an argument too many", ["discover", "foo"], "There is one command, discover"],
  ["an option that there is not", ["discover", "--name", "foo"], "Unknown option '--name'"],
  ["an option without its value", ["discover", "--netns"], "argument missing"],
  [
    "a host that could be an option",
    ["discover", "--host=-oProxyCommand=x"],
    "--host must be ssh://[user@]name[:port]",
  ],
])("localnet: %s is refused, and nothing is done", async (_what, argv, rule) => {
  expect(await main(argv)).toBe(2);
  expect(said).toEqual([expect.stringMatching(/^error: .*\n\nUsage: localnet discover /s)]);
  expect(said[0]).toContain(rule);
});

test("localnet --help says how to use it", async () => {
  expect(await main(["--help"])).toBe(0);
  expect(said).toEqual([expect.stringMatching(/^log: Usage: localnet discover /s)]);
});
