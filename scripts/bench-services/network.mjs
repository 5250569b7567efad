const server = `
import socket, threading
listener = socket.create_server(("", 8080), backlog=1024)
block = bytes(65536)
def serve(connection):
    with connection:
        try:
            connection.sendall(b"x")
            if connection.recv(1) == b"b":
                for _ in range(8192): connection.sendall(block)
        except OSError: pass
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
`;

/** A client's work: to wait for an answer, or microseconds of connections to each in turn, or megabits per second. */
const client = `
import itertools, json, random, socket, sys, time
what, count, wait, addresses = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
def connect(address, timeout, port=0):
    begin = time.perf_counter()
    with socket.create_connection((address, 80), timeout, ("", port)) as s:
        took = time.perf_counter() - begin
        s.recv(1)
    return took
if what == "wait":
    end = time.monotonic() + count
    while True:
        try:
            connect(addresses[0], wait)
            break
        except OSError:
            if time.monotonic() > end: sys.exit("no answer")
            time.sleep(0.005)
    print(0)
elif what == "connect":
    # Of two connections with one port, to two services with the same endpoints, one would be given another port by the node.
    ports = itertools.count(random.randint(10000, 30000 - count * len(addresses)))
    times = [[] for _ in addresses]
    for _ in range(count):
        for address, its in zip(addresses, times):
            its.append(connect(address, 30, next(ports)) * 1e6)
    print(json.dumps(times))
else:
    with socket.create_connection((addresses[0], 80), 10) as s:
        s.recv(1)
        s.sendall(b"b")
        begin, size = time.perf_counter(), 0
        while (got := len(s.recv(1 << 20))): size += got
        print(json.dumps(size * 8 / 1e6 / (time.perf_counter() - begin)))
`;

/**
 * Two pods with a server each, and one with a client, all at cables of the node.
 * @param {import("./place.mjs").Place} place
 */
export async function network(place) {
  const ip = (/** @type {string} */ words) => place.output(["ip", ...words.split(" ")]);
  for (const number of [1, 2, 9]) {
    const [name, net] = [`pod${number}`, `172.22.${number}`];
    await ip(`netns add ${name}`);
    await ip(`link add ${name} type veth peer name eth0 netns ${name}`);
    await ip(`addr add ${net}.1/24 dev ${name}`);
    await ip(`link set ${name} up`);
    await ip(`-n ${name} addr add ${net}.2/24 dev eth0`);
    await ip(`-n ${name} link set eth0 up`);
    await ip(`-n ${name} link set lo up`);
    await ip(`-n ${name} route add default via ${net}.1`);
    if (number !== 9) void place.start(["ip", "netns", "exec", name, "python3", "-c", server]);
  }
  await place.output(["sysctl", "-q", "net.ipv4.ip_forward=1"]);
}

/**
 * @param {import("./place.mjs").Place} place
 * @param {"wait" | "connect" | "bulk"} what
 * @param {string[]} addresses
 * @param {number} count seconds to wait, or connections to each
 */
export async function sendRequests(place, what, addresses, count = 0) {
  const argv = ["ip", "netns", "exec", "pod9", "python3", "-c", client];
  return JSON.parse(await place.output([...argv, what, String(count), String(place.waitSeconds), ...addresses]));
}
