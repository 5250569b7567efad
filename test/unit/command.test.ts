import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { main, programOf } from "../../provider/src/cli/command";
import { completions, shells } from "../../provider/src/cli/completion";
import { settingsOf } from "../../provider/src/cli/source";
import { openHost } from "../../provider/src/host";

let output: string[];

beforeEach(() => {
  output = [];
  for (const method of ["log", "error"] as const)
    jest.spyOn(console, method).mockImplementation((...lines: unknown[]) => {
      output.push(`${method}: ${lines.join(" ")}`);
    });
});
afterEach(() => jest.restoreAllMocks());

const folder = __dirname;

test.each([
  ["another command", ["lss"], "Did you mean ls?"],
  ["an argument too few", ["trace", "--live"], "missing required argument 'destination'; --help says how to use it"],
  ["an argument too many", ["discover", "foo"], "too many arguments for 'discover'"],
  ["an option that there is not", ["discover", "--nets", "foo"], "Did you mean --netns?"],
  ["an option without its value", ["discover", "--netns"], "argument missing"],
  ["a host that could be an option", ["discover", "--host=-oProxyCommand=x"], "must be ssh://[user@]name[:port]"],
  ["a host beside a stack", ["ls", "--host", "ssh://lab"], "--host goes with --live"],
  ["a stack and a host as it is", ["ls", "--live", "--stack", "dev"], "--live is in place of a stack"],
  ["a stack and a state", ["ls", "--state", join(folder, "none"), "--stack", "dev"], "--state is in place of a stack"],
  ["a state that is not there", ["ls", "--state", join(folder, "none")], "pulumi stack export --file FILE"],
  ["a file that is no state", ["ls", "--state", join(folder, "../../package.json")], "pulumi stack export --file FILE"],
  ["a host, of which no probes are known", ["test", "--live"], "a host knows of no probes"],
  ["no attempt", ["test", "--attempts", "0"], "must be 1 to 999"],
  ["nothing to send to", ["trace", "--live", "foo"], "tcp://ADDRESS:PORT"],
  ["no port", ["trace", "--live", "tcp://10.0.0.1"], "has no port"],
  ["a name for an address", ["trace", "--live", "http://example.com"], "is no IP address"],
  ["no stack's name", ["clean", "dev"], "must be PROJECT/STACK"],
  ["to say and to do", ["clean", "lab/dev", "--yes", "--dry-run"], "cannot be used with"],
  ["a shell that it does not know", ["completion", "csh"], "bash, zsh, fish"],
])("localnet: %s is refused in one line, and nothing is changed", async (_what, argv, rule) => {
  expect(await main(argv)).toBe(2);
  expect(output).toEqual([expect.stringMatching(/^error: localnet: [^\n]*$/)]);
  expect(output[0]).toContain(rule);
});

test.each([
  ["ls", "--live"],
  ["graph", "--live"],
  ["exec", "--live", "foo", "--", "true"],
  ["capture", "--live", "foo"],
  ["trace", "--live", "ping", "10.0.0.1"],
  ["doctor"],
  ["discover"],
  ["clean", "lab/dev"],
])("localnet %s: for a host that cannot be reached, one line says what to check", async (...argv) => {
  process.env.LOCALNET_CONNECT_TIMEOUT_SECONDS = "1";
  const [command = "", ...rest] = argv;
  // Nothing listens on port 9.
  expect(await main([command, "--host", "ssh://127.0.0.1:9", ...rest])).toBe(1);
  delete process.env.LOCALNET_CONNECT_TIMEOUT_SECONDS;
  expect(output).toEqual([expect.stringMatching(/^error: localnet: [^\n]*127\.0\.0\.1[^\n]*\[LN_HOST\]; [^\n]+$/)]);
});

test("LOCALNET_TIMEOUT_SECONDS limits the commands that localnet runs, and a wrong value is refused", async () => {
  const variable = "LOCALNET_TIMEOUT_SECONDS";
  const before = process.env[variable];
  const limitOf = (text: string) => {
    process.env[variable] = text;
    return settingsOf({}).timeoutSeconds;
  };
  try {
    expect(["7", ""].map(limitOf)).toEqual([7, 15]);
    for (const [text, rule] of [
      ["soon", "must be a number of seconds"],
      ["0", "must be more than 0"],
    ])
      expect(() => limitOf(text as string)).toThrow(`${variable}: ${rule}`);
    process.env[variable] = "0.2";
    await expect(openHost(undefined, settingsOf({})).run(["sleep", "20"])).rejects.toMatchObject({
      code: "LN_TIMEOUT",
      message: expect.stringContaining("no end within 0.2 s"),
    });
  } finally {
    if (before === undefined) delete process.env[variable];
    else process.env[variable] = before;
  }
});

test("localnet --help describes the subcommands and the exit codes", async () => {
  expect(await main(["--help"])).toBe(0);
  expect(output.join("\n")).toMatch(/^log: Usage: localnet .* ls .* discover .*Exit codes: 0 done; 1 failed/s);
});

const program = programOf(async () => {});

test("each subcommand is in the completion of each shell, with its options", () => {
  for (const shell of shells) {
    const script = completions(program, shell);
    for (const { long } of program.commands.flatMap(({ options }) => options))
      expect(script).toContain(shell === "fish" ? `-l ${long?.slice(2)}` : long);
    for (const command of program.commands) expect(script).toContain(command.name());
  }
});

test("bash completes subcommands, and the options of one", () => {
  const complete = (...words: string[]) => {
    const script = `COMP_WORDS=(localnet ${words.join(" ")}); COMP_CWORD=${words.length}; _localnet; echo "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", `${completions(program, "bash")}\n${script}`], { encoding: "utf8" }).trim();
  };
  expect(complete("disc")).toBe("discover");
  expect(complete("ls", "--st")).toBe("--stack --state");
});
