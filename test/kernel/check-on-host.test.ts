import { execa } from "execa";
import { checkOnHost } from "../../provider/src/core/check-on-host";
import { kinds } from "../../provider/src/kinds";

const owner = "project/stack/service";
const service = { owner, address: "10.96.0.10", port: 80 };
const settings = { sudo: false };
const check = (inputs: object, host = settings) => checkOnHost(kinds.IpvsService as never, { ...inputs }, host);
const succeeds = async (file: string, ...args: string[]) => (await execa(file, args, { reject: false })).exitCode === 0;

test("a preview refuses what this machine's kernel cannot have, and names the module", async () => {
  const canHave = (await succeeds("ls", "/proc/net/ip_vs")) || (await succeeds("modprobe", "-n", "ip_vs"));
  const { inputs, failures } = await check(service);
  expect(inputs).toMatchObject(service);
  expect(failures.map(({ reason }) => reason)).toEqual(
    canHave
      ? []
      : ["the running kernel has no IPVS, module ip_vs: use another kernel or, with the input host, another machine"],
  );
});

test("what is wrong with the inputs is told first, and of a host that does not answer yet nothing is told", async () => {
  const host = "ssh://nobody@127.0.0.1:1";
  const { failures } = await check({ ...service, host: "ssh://nowhere.invalid", port: 65536 });
  expect(failures.map(({ property }) => property)).toEqual(["port"]);
  expect((await check({ ...service, host })).failures).toEqual([]);
  expect((await check(service, { ...settings, host } as typeof settings)).failures).toEqual([]);
});

test("a preview refuses a host that has no address, and names the input", async () => {
  const { failures } = await check({ ...service, host: "ssh://nowhere.invalid" });
  expect(failures).toEqual([
    {
      property: "host",
      reason: expect.stringMatching(
        /^host: must be one that "ssh ssh:\/\/nowhere.invalid true" reaches without a question, which says: ssh: Could not resolve hostname nowhere.invalid: /,
      ),
    },
  ]);
});
