import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { shown } from "../../scripts/recording/lines.mjs";
import { type Result, root, run, snapshot } from "./engine";
import type { Row } from "./providers";

const nobody = "65534";
/** Used only by this test. */
let temporary: string;
let before: string[];
let lab: Result;

/** The names and addresses of the lab's objects. */
const ofTheLab = /\b(node|foo|bar|baz|cni0|veth-\w+|10\.9[56]\.\d+)\b/;

/** All that the lab could leave on this host, in lines. */
async function traces(project: string): Promise<string[]> {
  const lines = Object.values(await snapshot()).flat();
  return [
    ...lines.filter((line) => ofTheLab.test(line)),
    ...readdirSync(temporary),
    ...readdirSync(project),
    ...processes(),
  ];
}

/** The processes of the lab, by pid and name. Only root sees those of others. */
function processes(): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const isOurs = readFileSync(`/proc/${pid}/environ`, "latin1").includes(`TMPDIR=${temporary}/`);
      return isOurs ? [`${pid} ${readFileSync(`/proc/${pid}/comm`, "utf8").trim()}`] : [];
    } catch {
      return [];
    }
  });
}

/** Lines that were not there before. */
async function left(project: string): Promise<string[]> {
  return (await traces(project)).filter((line) => !before.includes(line));
}

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), "localnet-rootless-test-"));
  // The lab's user needs access to a folder in it.
  chmodSync(temporary, 0o711);
});
afterAll(() => rmSync(temporary, { recursive: true }));

/** The rootless lab comes up, is repaired and destroyed, and the host stays as it was. */
export function runsRootless(row: Row): void {
  describe.each([row])("%s", (_, project) => {
    beforeAll(async () => {
      before = await traces(project);
      const env = { ...process.env, TMPDIR: temporary };
      lab = await run(["npm", "run", "--silent", "lab:rootless", "--", relative(root, project)], { env });
    });

    test("the lab comes up as an ordinary user, shows and repairs what is broken by hand, and is destroyed", async () => {
      if (lab.code) throw new Error(lab.text);
      const steps = [
        /^Root in here is user (\d+) outside/m,
        /^ {4}\+ 26 created$/m,
        /^node: 6 x GET http:\/\/10\.96\.0\.1 +bar 2, baz 2, foo 2 +bar 2, baz 2, foo 2 +ok$/m,
        /^foo: 6 x GET http:\/\/10\.96\.0\.1 +bar 2, baz 2, foo 2 +bar 2, baz 2, foo 2 +ok$/m,
        /^Nothing to do\.$/m,
        /^ {4}- 2 deleted$/m,
        /^ {4}\+ 2 created\n {4}~ 2 updated$/m,
        /^foo: .* ok$/m,
        /^Nothing to do\.$/m,
        /^ {4}- 26 deleted$/m,
      ];
      let rest = lab.stdout;
      for (const step of steps) {
        expect(rest).toMatch(step);
        rest = rest.slice(rest.search(step) + 1);
      }
      const areas = [...lab.stdout.matchAll(/^ {2}([a-z]+): as before$/gm)].map(([, area]) => area);
      expect(areas).toEqual(Object.keys(await snapshot()));
    });

    test("if root starts the lab, its root is the user nobody", () => {
      const user = process.getuid?.() === 0 ? nobody : String(process.getuid?.());
      expect(/^Root in here is user (\d+) outside/m.exec(lab.stdout)?.[1]).toBe(user);
    });

    test("nothing of it is left on this host", async () => {
      expect(await left(project)).toEqual([]);
    });
  });
}

/** README's picture shows such a run. Only times, and the order of simultaneous events, differ. */
export function isAsRecorded(): void {
  test("the output is as docs/lab-rootless.svg shows it", () => {
    const picture = readFileSync(join(root, "docs/lab-rootless.svg"), "utf8");
    const recorded = [...picture.matchAll(/<text [^>]*y="\d+"[^>]*>([^<]*)<\/text>/g)]
      .slice(1)
      .map(([, text = ""]) => text);
    const now = shown(lab.stdout.split("\n").map((text) => ({ seconds: 0, text })));
    const comparable = (lines: string[]) =>
      lines
        .map((line) => line.replace(/\([\d.]+s\)/, "(time)"))
        .filter(Boolean)
        .sort();
    expect(comparable(recorded)).toEqual(comparable(now.map(({ text }) => text)));
  });
}

/** The message if the lab cannot run. */
export function needsUserNamespaces([, project]: Row): void {
  test("without user namespaces, it says so with the fix", async () => {
    before = await traces(project);
    const none = "echo 0 > /proc/sys/user/max_user_namespaces && exec node scripts/lab/cli.mjs rootless";
    const { code, text } = await run(["unshare", "--user", "--map-root-user", "sh", "-c", none]);
    expect(code).toBe(1);
    expect(text).toContain("This host lets no ordinary user have namespaces of their own");
    expect(text).toContain("/proc/sys/user/max_user_namespaces is 0");
    expect(await left(project)).toEqual([]);
  });
}
