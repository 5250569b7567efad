import { flowTo } from "../../provider/src/cli/trace/flow";
import { traceFlow } from "../../provider/src/cli/trace/trace";
import { lack } from "./support/features";
import { testHost, World } from "./support/world";

// The lab of examples/ipvs-lab by hand, with a namespace as its host. At each stage that times out, trace names what is missing.

const reason = lack("ipvs");
(reason ? describe.skip : describe)(`localnet trace, of IPVS${reason ? ` (${reason})` : ""}`, () => {
  const world = new World();
  const [host, foo, bar, outside] = ["h", "f", "b", "o"].map((each) => world.netns(each));
  const on = (netns = "") => ({ ip: `ip -n ${netns}`, exec: `ip netns exec ${netns}` });
  const [h, f, b, o] = [on(host), on(foo), on(bar), on(outside)];
  const service = "tcp://172.23.0.1:8080";

  const pod = (name: string, netns: string | undefined, address: string) => `
${h.ip} link add veth_${name} type veth peer name eth0 netns ${netns}
${h.ip} link set veth_${name} master cni0 up
ip -n ${netns} addr add ${address}/24 dev eth0
ip -n ${netns} link set eth0 up
${on(netns).exec} sh -c 'cd /tmp; setsid -f nc -n -k -l 8080 </dev/null >/dev/null 2>&1'`;

  const build = `
${h.ip} link add cni0 type bridge
${h.ip} addr add 172.22.0.1/24 dev cni0
${h.ip} link set cni0 up
${h.ip} link add up0 type veth peer name eth0 netns ${outside}
${h.ip} addr add 192.0.2.1/24 dev up0
${h.ip} link set up0 up
${o.ip} addr add 192.0.2.2/24 dev eth0
${o.ip} link set eth0 up
${h.ip} route add default via 192.0.2.2
${h.exec} sysctl -q -w net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
${h.exec} iptables -P FORWARD DROP
${pod("foo", foo, "172.22.0.2")}
${pod("bar", bar, "172.22.0.3")}`;

  const forward = `${h.exec} iptables -A FORWARD -i cni0 -j ACCEPT; ${h.exec} iptables -A FORWARD -o cni0 -j ACCEPT`;
  const backend = (way: string, address: string) => `${h.exec} ipvsadm ${way} -t 172.23.0.1:8080 -r ${address}:8080`;
  const masquerade = (way: string) => `${h.exec} iptables -t nat ${way} POSTROUTING -s 172.22.0.0/24 -j MASQUERADE`;
  const run = (...lines: string[]) => world.script(undefined, `set -e\n${lines.join("\n")}`);
  const follow = async (from: string | undefined, to = service) =>
    (await traceFlow({ host: testHost(), objects: [] }, flowTo([to]), from)).cause;

  beforeAll(async () => {
    await run("modprobe br_netfilter ip_vs");
    await world.build();
    await run(build);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("stage 2: without rules in FORWARD, its policy drops the packets of the bridge", async () => {
    expect(await follow(bar, "tcp://172.22.0.2:8080")).toMatchObject({
      ...{ result: "lost", netns: host, isBack: false },
      text: "dropped by policy DROP of filter FORWARD",
    });
    await run(forward);
    expect(await follow(bar, "tcp://172.22.0.2:8080")).toMatchObject({ result: "answered", netns: foo });
  });

  test("stage 3: without a route in foo, the answer has no way back", async () => {
    await run(`${h.exec} ipvsadm -A -t 172.23.0.1:8080 -s rr`, `${backend("-a", "172.22.0.2")} -m`);
    expect(await follow(host)).toMatchObject({
      ...{ result: "lost", netns: foo },
      text: "it came, and the answer finds no route to 192.0.2.1: Network is unreachable",
    });
    await run(`${f.ip} route add default via 172.22.0.1`, `${b.ip} route add default via 172.22.0.1`);
    expect(await follow(host)).toMatchObject({ result: "answered", netns: foo });
  });

  test("stage 6: without its address on the host, the service gets no packets", async () => {
    expect(await follow(bar)).toMatchObject({
      ...{ result: "lost", netns: host },
      text: `172.23.0.1 is no address of ${host}, so it was sent on, past service tcp/172.23.0.1:8080 of IPVS`,
    });
    await run(`${h.ip} link add ipvs0 type dummy`, `${h.ip} addr add 172.23.0.1/32 dev ipvs0`);
    expect(await follow(bar)).toMatchObject({ result: "answered", netns: foo });
  });

  const common = {
    result: "lost",
    text: expect.stringMatching(/^172\.22\.0\.2 is an address of \S+ itself, and what comes/),
  };

  test("stage 7: a packet that is balanced to its own sender has the sender's address", async () => {
    expect(await follow(foo)).toMatchObject({ ...common, netns: foo, hint: expect.stringContaining("masquerade") });
  });

  const conntrack = (value: number) => `${h.exec} sysctl -q -w net.ipv4.vs.conntrack=${value}`;
  const promiscuous = (value: string) => `${h.ip} link set cni0 promisc ${value}`;

  test("stage 8: the same without masquerading", async () => {
    await run(promiscuous("on"), conntrack(1));
    expect(await follow(foo)).toMatchObject({ ...common, netns: foo });
  });

  test("stage 8: the same without conntrack in IPVS, where nothing is masqueraded", async () => {
    await run(masquerade("-A"), conntrack(0));
    expect(await follow(foo)).toMatchObject({ ...common, netns: foo });
  });

  test("stage 8: a bridge that is not promiscuous drops the answer, which would leave by the port that it came in by", async () => {
    await run(conntrack(1), promiscuous("off"));
    expect(await follow(foo)).toMatchObject({
      ...{ result: "lost", netns: host, isBack: true, hint: expect.stringContaining("cni0 promiscuous") },
      text: "bridge cni0 sends nothing back out of the port that it came in by, veth_foo",
    });
  });

  test("stage 8: with all three parts an answer comes", async () => {
    await run(promiscuous("on"));
    expect(await follow(foo)).toMatchObject({ result: "answered", netns: foo });
  });

  test("a service without a backend is named", async () => {
    await run(backend("-d", "172.22.0.2"));
    const text = "service tcp/172.23.0.1:8080 of IPVS has no backend";
    expect(await follow(bar)).toMatchObject({ result: "lost", netns: host, text });
  });
});
