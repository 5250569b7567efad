import type { Values } from "../../../provider/src/core/check";
import { check } from "../../../provider/src/core/check";
import { create } from "../../../provider/src/core/lifecycle";
import type { LocalnetError } from "../../../provider/src/errors";
import { probe as kind } from "../../../provider/src/kinds";
import { failure } from "./contract";
import { eventually, hostUrl, settings, World } from "./world";

export const world = new World();
export const [client, server] = [world.netns("a"), world.netns("b")];
export const pages = `/tmp/${world.name("www")}`;

export function inputs(values: Values): Values {
  const request = {
    netns: client,
    attempts: 1,
    intervalSeconds: 0.1,
    owner: world.owner,
    ...(hostUrl && { host: hostUrl }),
    ...values,
  };
  const { inputs: checked, failures } = check(kind, request);
  expect(failures).toEqual([]);
  return checked;
}
export const probe = async (values: Values) => (await create(kind, inputs(values), settings)).outputs;
export const refused = (values: Values): Promise<LocalnetError> =>
  failure(() => create(kind, inputs(values), settings));
const serve = (family: string) => `cd ${pages} && exec python3 -m http.server --bind ${family} 8080`;

/** A server that echoes datagrams, and a DNS server that knows one name. */
const datagrams = `
import select, socket
sockets = {port: socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for port in (53, 5000)}
for port, each in sockets.items():
    each.bind(("", port))
record = lambda last: b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + bytes([10, 9, 0, last])
while True:
    for each in select.select(list(sockets.values()), [], [])[0]:
        data, where = each.recvfrom(2048)
        if each is sockets[5000]:
            each.sendto(b"got " + data, where)
            continue
        question = data[12:data.index(b"\\0", 12) + 5]
        known = question.startswith(b"\\4shop\\3lab\\0\\0\\1")
        flags, answers = (b"\\x84\\0", [record(7), record(2)]) if known else (b"\\x84\\3", [])
        each.sendto(data[:2] + flags + b"\\0\\1" + bytes([0, len(answers)]) + b"\\0" * 4 + question + b"".join(answers), where)
`;
export const shop = { server: "10.9.0.2", name: "shop.lab" };

export const once = { ok: 1, failed: 0, failures: {} };

/** Makes two namespaces with a link, and servers of HTTP, datagrams and names in one of them. */
export function useServers(): void {
  beforeAll(async () => {
    await world.build();
    world.finally(() => world.run("rm", "-rf", pages));
    await world.run(
      "ip",
      "link",
      "add",
      "name",
      "e0",
      "netns",
      client,
      "type",
      "veth",
      "peer",
      "name",
      "e0",
      "netns",
      server,
    );
    for (const [netns, host] of [
      [client, "1"],
      [server, "2"],
    ] as const) {
      await world.run("ip", "-n", netns, "addr", "add", `10.9.0.${host}/24`, "dev", "e0");
      await world.run("ip", "-n", netns, "addr", "add", `2001:db8::${host}/64`, "dev", "e0", "nodad");
      await world.run("ip", "-n", netns, "link", "set", "e0", "up");
    }
    for (const address of ["10.9.0.4", "10.9.0.5"])
      await world.run("ip", "-n", server, "addr", "add", address, "dev", "e0");
    await world.script(server, "iptables -A INPUT -d 10.9.0.4 -j DROP; iptables -A INPUT -d 10.9.0.5 -j REJECT");
    await world.script(undefined, `mkdir ${pages}; echo "  foo " > ${pages}/index.html; echo bar > ${pages}/bar`);
    await world.script(server, `(${serve("::")}) > /dev/null 2>&1 < /dev/null & exit 0`);
    await world.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", datagrams, `${pages}/datagrams.py`);
    await world.script(
      server,
      `(exec timeout 600 python3 ${pages}/datagrams.py) > /dev/null 2>&1 < /dev/null & exit 0`,
    );
    const listening = async () => {
      const sockets = await world.runIn(server, "ss", "-Hltun");
      return [53, 5000, 8080].every((port) => sockets.includes(`:${port} `));
    };
    await eventually(listening, 30);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));
}
