import { Ifb, Netns, Probe, Process, Qdisc, Sysctl, TrafficFilter, VethPair } from "pulumi-localnet";

const ns1 = new Netns("ns1");
const ns2 = new Netns("ns2");
const link = new VethPair("link", {
  ...{ name: "veth1", netns: ns1, addresses: ["10.0.0.1/24"] },
  // 50 ms to the other end, and one packet of a hundred is lost.
  impairment: { delayMs: 50, jitterMs: 10, lossPercent: 1, rateKbit: 20_000, limit: 1000 },
  peer: { name: "veth2", netns: ns2, addresses: ["10.0.0.2/24"] },
});

/** A congestion control that measures the way, and a queue that sends at the pace that it finds. */
const congestion = Object.entries({ ns1, ns2 }).map(
  ([name, netns]) => new Sysctl(`bbr-${name}`, { netns, key: "net.ipv4.tcp_congestion_control", value: "bbr" }),
);
const pace = new Qdisc("pace", { netns: ns2, device: "veth2", kind: "fq" }, { dependsOn: link });

// What comes in cannot be queued where it comes in: it goes by way of a link that does nothing but that.
const ifb0 = new Ifb("ifb0", { netns: ns2 });
const shaper = new Qdisc("shaper", {
  ...{ netns: ns2, device: ifb0, kind: "tbf" },
  tbf: { rateKbit: 10_000, burstBytes: 4000, latencyMs: 400 },
});
const ingress = new Qdisc("ingress", { netns: ns2, device: "veth2", kind: "ingress" }, { dependsOn: link });
const redirect = new TrafficFilter(
  "redirect",
  {
    netns: ns2,
    device: "veth2",
    parent: "ffff:",
    kind: "matchall",
    priority: 1,
    action: "redirect",
    target: ifb0,
  } as any,
  { dependsOn: ingress },
);

/** Reads all that it is sent, and says how much that was. */
const sink = `
import socket, socketserver
class Sink(socketserver.StreamRequestHandler):
    def handle(self):
        total = 0
        while chunk := self.request.recv(65536): total += len(chunk)
        self.wfile.write(b"%d bytes by %s" % (total, self.request.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\\0")))
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("", 5001), Sink).serve_forever()
`;
const server = new Process("sink", {
  ...{ netns: ns2, command: ["python3", "-c", sink] },
  ready: { tcp: { address: "127.0.0.1", port: 5001 }, timeoutSeconds: 60 },
});
const send = `
import socket
with socket.create_connection(("10.0.0.2", 5001)) as to:
    to.sendall(bytes(1_000_000))
    to.shutdown(socket.SHUT_WR)
    print(to.recv(100).decode())
`;
const all = { dependsOn: [...congestion, pace, shaper, redirect, server] };

const far = new Probe("far", { netns: ns1, ping: { address: link } }, all);
// A million bytes at ten million bits a second take most of one, on the fastest machine too.
const slow = new Probe(
  "slow",
  {
    ...{ netns: ns1, exec: ["python3", "-c", send], timeoutSeconds: 60 },
    ...{ expectOutput: "1000000 bytes by bbr", attempts: 1 },
  },
  all,
);
