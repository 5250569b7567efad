import { flowTo } from "../../../provider/src/cli/trace/flow";
import { traceFlow } from "../../../provider/src/cli/trace/trace";
import { testHost, World } from "./world";

export const world = new World();
export const [pod, router, far] = [world.netns("a"), world.netns("r"), world.netns("b")];

const build = `
ip -n ${router} link add br0 type bridge
ip -n ${router} addr add 10.66.0.1/24 dev br0
ip -n ${router} link set br0 up
ip -n ${router} link add p0 type veth peer name eth0 netns ${pod}
ip -n ${router} link add p1 type veth peer name eth0 netns ${far}
ip -n ${router} link set p0 master br0 up
ip -n ${router} addr add 10.66.1.1/24 dev p1
ip -n ${router} link set p1 up
ip -n ${pod} addr add 10.66.0.2/24 dev eth0
ip -n ${pod} link set eth0 up
ip -n ${pod} route add default via 10.66.0.1
ip -n ${far} addr add 10.66.1.2/24 dev eth0
ip -n ${far} link set eth0 up
ip -n ${far} route add default via 10.66.1.1
ip netns exec ${router} sysctl -q -w net.ipv4.ip_forward=1
`;

export const follow = async (...words: string[]) => traceFlow({ host: testHost(), objects: [] }, flowTo(words), pod);

/** All that trace could change or leave behind: rules, links, routes and settings. */
export const showState = () =>
  Promise.all(
    [pod, router, far].map((each) =>
      world.script(
        each,
        "nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*//'; ip -o link | sed 's/<[^>]*>//; s/ state [A-Z]*//'; ip route | sed 's/ linkdown//'; sysctl -a 2>/dev/null | grep -E 'forwarding|rp_filter'",
      ),
    ),
  );

export const server = "tcp://10.66.1.2:8080";

export const lost = (netns: string, text: string | RegExp, isBack = false) => ({
  ...{ result: "lost", netns, isBack },
  text: typeof text === "string" ? text : expect.stringMatching(text),
});

/** Makes a pod on a bridge of a router, and a pod behind it that answers on port 8080. */
export function useRouterLab(): void {
  beforeAll(async () => {
    await world.build();
    await world.script(undefined, `set -e\n${build}`);
    const serve = "until nc -n -z 127.0.0.1 8080; do sleep 0.1; done";
    await world.script(far, `cd /tmp && setsid -f nc -n -k -l 8080 </dev/null >/dev/null 2>&1; ${serve}`);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));
}
