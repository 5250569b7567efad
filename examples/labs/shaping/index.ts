import { Ifb, Netns, Probe, Process, Qdisc, Sysctl, TrafficFilter, VethPair } from "pulumi-localnet";

const ns1 = new Netns("ns1");
const ns2 = new Netns("ns2");
const link = new VethPair("link", {
  ...{ name: "veth1", netns: ns1, addresses: ["10.0.0.1/24"] },
  impairment: { delayMs: 50, jitterMs: 10, lossPercent: 1, rateKbit: 20_000, limit: 1000 },
  peer: { name: "veth2", netns: ns2, addresses: ["10.0.0.2/24"] },
});
const behind = { dependsOn: link };

const congestion = Object.entries({ ns1, ns2 }).map(
  ([name, netns]) => new Sysctl(`${name}-bbr`, { netns, key: "net.ipv4.tcp_congestion_control", value: "bbr" }),
);
const paced = new Qdisc("paced", { netns: ns2, device: "veth2", kind: "fq" }, behind);

// Incoming packets have no queue, so they are sent through a link that has one.
const ifb = new Ifb("ifb0", { netns: ns2 });
const limit = { rateKbit: 10_000, burstBytes: 4096, latencyMs: 400 };
const shaper = new Qdisc("shaper", { netns: ns2, device: ifb, kind: "tbf", tbf: limit });
const incoming = new Qdisc("incoming", { netns: ns2, device: "veth2", kind: "ingress" }, behind);
const toShaper = new TrafficFilter(
  "to-shaper",
  {
    ...{ netns: ns2, device: "veth2", parent: "ingress", priority: 1, kind: "matchall" },
    actions: [{ kind: "redirect", device: ifb }],
  },
  { dependsOn: incoming },
);

/** Sends each client the name of its congestion control, and a megabyte. */
const server = `
import socket
listener = socket.create_server(("10.0.0.1", 5201))
while True:
    client, _ = listener.accept()
    name = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).strip(bytes(1))
    try: client.sendall(name.ljust(16) + bytes(2**20))
    except OSError: pass
    client.close()
`;
/** Receives all of it, and prints the rate. */
const client = `
import socket, time
data, began = b"", time.monotonic()
with socket.create_connection(("10.0.0.1", 5201)) as server:
    while part := server.recv(65536): data += part
mbit = len(data) * 8 / 1e6 / (time.monotonic() - began)
print(data[:16].decode().strip(), "at most 10 Mbit/s" if mbit <= 10 else f"{mbit} Mbit/s")
`;
const sender = new Process(
  "sender",
  { netns: ns1, command: ["python3", "-c", server], ready: { tcp: { address: "10.0.0.1", port: 5201 } } },
  { dependsOn: [link, ...congestion] },
);
const all = { dependsOn: [paced, shaper, toShaper, sender] };

const far = new Probe("far", { netns: ns2, ping: { address: "10.0.0.1" } }, all);
// The way back takes at least 40 milliseconds.
const near = new Probe(
  "near",
  { netns: ns2, exec: ["ping", "-c", "1", "-W", "0.03", "10.0.0.1"], expect: "failure" },
  all,
);
const rate = new Probe(
  "rate",
  { netns: ns2, exec: ["python3", "-c", client], expectOutput: "bbr at most 10 Mbit/s", timeoutSeconds: 60 },
  all,
);

export const seen = [far, near, rate].map(({ results }) => results.ok);
