import { flowTo } from "../../provider/src/cli/trace/flow";
import { report } from "../../provider/src/cli/trace/report";
import { traceFlow } from "../../provider/src/cli/trace/trace";
import { lack } from "./support/features";
import { testHost, World } from "./support/world";

const reason = lack("both backends of iptables");
(reason ? describe.skip : describe)(`localnet trace, of iptables-legacy${reason ? ` (${reason})` : ""}`, () => {
  const world = new World();
  const [pod, router, far] = [world.netns("a"), world.netns("r"), world.netns("b")];

  beforeAll(async () => {
    await world.build();
    await world.script(
      undefined,
      `set -e
for each in ${pod}:0 ${far}:1; do
  name=\${each%:*} number=\${each#*:}
  ip -n ${router} link add p$number type veth peer name eth0 netns $name
  ip -n ${router} addr add 10.67.$number.1/24 dev p$number
  ip -n ${router} link set p$number up
  ip -n $name addr add 10.67.$number.2/24 dev eth0
  ip -n $name link set eth0 up
  ip -n $name route add default via 10.67.$number.1
done
ip netns exec ${router} sysctl -q -w net.ipv4.ip_forward=1`,
    );
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  const iptables = (...words: string[]) => world.runIn(router, "iptables-legacy", ...words);
  const follow = () => traceFlow({ host: testHost(), objects: [] }, flowTo(["ping", "10.67.1.2"]), pod);

  test("without rules of the legacy backend nothing is said of it", async () => {
    expect(await follow()).not.toHaveProperty("legacy");
  });

  test("rules of the legacy backend are mentioned, with those that counted packets", async () => {
    await iptables("-A", "FORWARD", "-p", "icmp", "-j", "ACCEPT");
    const traced = await follow();
    await iptables("-F", "FORWARD");
    expect(traced.cause).toMatchObject({ result: "answered", netns: far });
    expect(report(traced)).toContain(
      `${router} has rules of iptables-legacy, which no tracing shows; counted meanwhile: filter -A FORWARD -p icmp -j ACCEPT\n`,
    );
  });

  test("a rule that drops is found by its counter, and named with its owner", async () => {
    const mark = ["-m", "comment", "--comment", "localnet:lab/dev/wall"];
    await iptables("-A", "FORWARD", "-p", "icmp", ...mark, "-j", "DROP");
    const { cause } = await follow();
    await iptables("-F", "FORWARD");
    expect(cause).toMatchObject({
      ...{ result: "lost", netns: router, owner: "lab/dev/wall" },
      text: "dropped, as its counter says, by filter FORWARD of iptables-legacy: -A FORWARD -p icmp -j DROP",
    });
  });

  test("a policy that drops is found by its counter", async () => {
    await iptables("-P", "FORWARD", "DROP");
    const { cause } = await follow();
    await iptables("-P", "FORWARD", "ACCEPT");
    expect(cause).toMatchObject({
      ...{ result: "lost", netns: router },
      text: "dropped, as its counter says, by filter FORWARD of iptables-legacy: policy DROP",
    });
  });
});
