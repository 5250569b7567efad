import { eventually } from "../kernel/support/world";
import { Cli } from "./cli";
import { Stack } from "./engine";
import { dynamic, native } from "./providers";
import { SshHosts } from "./ssh-hosts";
import { SshRecord } from "./ssh-record";

const fixture = "test/fixtures/pods-on-hosts";
const pods = Number(process.env.LOCALNET_TEST_PODS ?? 30);

/** The limit of round trips per pod, beside a few for each host. With more hosts, fewer pods share a round trip. */
const mostPerPod = { up: 9, unchanged: 2, refresh: 2, destroy: 12 };
const mostPerHost = 20;

describe.each([native(fixture), dynamic(fixture)])("%s", (provider, project) => {
  let net: SshHosts;
  let record: SshRecord;
  let stack: Stack;
  beforeAll(async () => {
    net = await SshHosts.open(3);
    record = new SshRecord(net.enterArgv);
    await record.begin();
    stack = new Stack(project, "test", net.env, net.enterArgv);
    await stack.init({ pods: String(pods) });
  });
  afterAll(async () => {
    stack?.removeState();
    await net?.close();
    record?.close();
  });

  const setHosts = (count: number) =>
    stack.set({
      hosts: net.hosts
        .slice(0, count)
        .map(({ url }) => url)
        .join(),
    });

  test.each([1, 2, 3])("on %i hosts, each host has one connection and few round trips", async (count) => {
    await setHosts(count);
    const figures: string[] = [];
    for (const operation of ["up", "unchanged", "refresh", "destroy"] as const) {
      const begun = performance.now();
      await stack[operation]();
      const seconds = Math.round((performance.now() - begun) / 100) / 10;
      const { connections, requests } = record.take();
      const trips = Object.values(requests).reduce((sum, each) => sum + each, 0);
      figures.push(`${operation} ${seconds} s, ${trips} round trips`);
      expect(connections).toBe(count);
      expect(Object.keys(requests)).toHaveLength(connections);
      expect(trips).toBeLessThan(mostPerPod[operation] * pods + mostPerHost * count);
    }
    process.stderr.write(`${provider}, ${pods} pods, hosts: ${count}: ${figures.join("; ")}\n`);
  });

  test("a slow host does not slow down the others", async () => {
    await setHosts(3);
    const bin = "/run/slow";
    const slowed = [
      `mkdir ${bin} && cp /sbin/ip ${bin}/real`,
      `printf '#!/bin/sh\\nsleep 1\\nexec ${bin}/real "$@"' >${bin}/ip`,
      `chmod +x ${bin}/ip && mount --bind ${bin} /usr/local/sbin`,
    ];
    expect(await net.host(3).exec(["sh", "-c", slowed.join(" && ")])).toMatchObject({ code: 0 });
    const madeOn = async (number: number) => (await net.host(number).ip("netns", "list")).match(/^h/gm)?.length ?? 0;
    const up = new Cli(stack, ["up", "--yes", "--skip-preview", ...stack.target]);
    const others = async () => (await madeOn(1)) + (await madeOn(2));
    await eventually(async () => (await others()) === pods - Math.floor(pods / 3), 300);
    expect(await madeOn(3)).toBeLessThan(Math.floor(pods / 3));
    await up.ended;
    expect(await madeOn(3)).toBe(Math.floor(pods / 3));
    await stack.destroy();
  });
});
