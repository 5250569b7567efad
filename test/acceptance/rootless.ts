import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { relative } from "node:path";
import { type Ran, root, run, type Snapshot, snapshot } from "./engine";
import type { Row } from "./providers";

const nobody = "65534";
let before: Traces;
let lab: Ran;

/** All that the lab could leave on this host. */
interface Traces {
  readonly host: Snapshot;
  readonly temporary: string[];
  readonly programs: string[];
  readonly nobodys: string[];
}

async function traces(project: string): Promise<Traces> {
  const temporary = readdirSync(tmpdir()).filter((name) => name.startsWith("localnet-rootless-"));
  const programs = readdirSync(project);
  return { host: await snapshot(), temporary, programs, nobodys: processesOf(nobody) };
}

/** The processes of a user, by number and name. */
function processesOf(uid: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return status.includes(`\nUid:\t${uid}\t`) ? [`${pid} ${/^Name:\t(.*)$/m.exec(status)?.[1]}`] : [];
    } catch {
      return [];
    }
  });
}

/** What is there now and was not before; of what the host is made of, all that differs. */
async function left(project: string): Promise<unknown> {
  const { host, ...lists } = await traces(project);
  expect(host).toEqual(before.host);
  return Object.entries(lists).flatMap(([key, list]) =>
    list.filter((each) => !before[key as keyof typeof lists].includes(each)),
  );
}

/** The rootless lab comes up, is repaired and goes, and the host stays as it was. */
export function runsRootless(row: Row): void {
  describe.each([row])("%s", (_, project) => {
    beforeAll(async () => {
      before = await traces(project);
      lab = await run(["npm", "run", "--silent", "lab:rootless", "--", relative(root, project)]);
    });

    test("the lab comes up as an ordinary user, shows and repairs what is broken by hand, and goes", () => {
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
      expect(areas).toEqual(Object.keys(before.host));
    });

    test("its root is nobody, where this is root", () => {
      const user = process.getuid?.() === 0 ? nobody : String(process.getuid?.());
      expect(/^Root in here is user (\d+) outside/m.exec(lab.stdout)?.[1]).toBe(user);
    });

    test("nothing of it is left on this host", async () => {
      expect(await left(project)).toEqual([]);
    });
  });
}

/** It says so where it cannot run. */
export function needsUserNamespaces([, project]: Row): void {
  test("where there can be no user namespaces, it says so and what would mend it", async () => {
    const none = "echo 0 > /proc/sys/user/max_user_namespaces && exec node scripts/lab/cli.mjs rootless";
    const { code, text } = await run(["unshare", "--user", "--map-root-user", "sh", "-c", none]);
    expect(code).toBe(1);
    expect(text).toContain("This host lets no ordinary user have namespaces of their own");
    expect(text).toContain("/proc/sys/user/max_user_namespaces is 0");
    expect(await left(project)).toEqual([]);
  });
}
