import { readEncapsulation } from "../../provider/src/kinds/routing/route-encapsulation";
import { splitEncapsulation, takenWords } from "../../provider/src/tools/ip/encapsulation-words";
import { parseJson } from "../../provider/src/tools/ip/json";
import { parseRoutes } from "../../provider/src/tools/ip/routes";

// Output of `ip -N -j -d route show table all` (iproute2 6.1, Linux 6.1): keys of the encapsulation and of the
// route are in one object.
const printed = [
  '{"type":"1","dst":"10.1.0.0/24","encap":"mpls","dst":"100/200","gateway":"10.0.0.2","dev":"d0","protocol":"157","scope":"0","flags":[]}',
  '{"type":"1","dst":"10.3.0.0/24","encap":"ip","id":30,"src":"10.0.0.1","dst":"10.0.0.7","ttl":4,"tos":0,"dev":"d0","protocol":"3","scope":"253","flags":[]}',
  '{"type":"1","dst":"10.3.1.0/24","encap":"ip6","id":30,"src":"::","dst":"2001:db8::7","hoplimit":0,"tc":0,"dev":"d0","table":"254","protocol":"3","scope":"253","flags":[]}',
  '{"type":"1","dst":"2001:db8:7::3","encap":"seg6local","action":"End.DT6","table":"77","dev":"d0","protocol":"3","scope":"0","metric":1024,"flags":[],"pref":"medium"}',
  '{"type":"1","dst":"10.2.0.0/24","encap":"seg6","mode":"encap","segs":["2001:db8::5"],"tos":"0x10","dev":"d0","protocol":"3","scope":"253","flags":[]}',
  '{"type":"1","dst":"10.7.0.0/16","encap":"ip","id":30,"src":"0.0.0.0","dst":"10.0.0.7","ttl":0,"tos":4,"tos":"0x10","dev":"d0","protocol":"3","scope":"253","flags":[]}',
  '{"type":"6","dst":"10.8.0.0/16","encap":"ip6","id":30,"src":"::","dst":"::","hoplimit":0,"tc":0,"table":"7","protocol":"3","scope":"0","flags":[]}',
];

test("the keys of an encapsulation do not change which route it is", () => {
  const routes = parseRoutes(parseJson(`[${printed.join(",\n")}]`));
  expect(routes.map(({ dst, encap, tos, table }) => [dst, encap?.encap_type, tos, table])).toEqual([
    ["10.1.0.0/24", "mpls", undefined, undefined],
    ["10.3.0.0/24", "ip", undefined, undefined],
    ["10.3.1.0/24", "ip6", undefined, "254"],
    ["2001:db8:7::3", "seg6local", undefined, undefined],
    ["10.2.0.0/24", "seg6", "0x10", undefined],
    ["10.7.0.0/16", "ip", "0x10", undefined],
    ["10.8.0.0/16", "ip6", undefined, "7"],
  ]);
  expect(routes[3]?.encap).toEqual({ encap_type: "seg6local", action: "End.DT6", table: "77" });
  expect(routes[5]?.encap).toEqual({ encap_type: "ip", id: 30, src: "0.0.0.0", dst: "10.0.0.7", ttl: 0, tos: 4 });
});

test("ip 6.15 prints the keys of an encapsulation in an object of its own", () => {
  const [route] = parseRoutes(
    parseJson(
      '[{"type":"1","dst":"10.35.0.0/16","encap":{"encap_type":"ip","id":30,"src":"0.0.0.0","dst":"10.0.0.7","ttl":0,"tos":0,"key":true},"dev":"d0","protocol":"3","scope":"253","flags":[]}]',
    ),
  );
  expect(route?.dst).toBe("10.35.0.0/16");
  expect(route?.encap && readEncapsulation(route.encap)).toBe("ip key");
});

test("encapsulations of next hops do not change the destination of the route", () => {
  const [route] = parseRoutes(
    parseJson(
      '[{"type":"1","dst":"10.4.0.0/24","protocol":"3","flags":[],"nexthops":[{"encap":"mpls","dst":"5","gateway":"10.0.0.2","dev":"d0","weight":1,"flags":[]},{"encap":"mpls","dst":"6","gateway":"10.0.0.3","dev":"d0","weight":2,"flags":[]}]}]',
    ),
  );
  expect(route?.dst).toBe("10.4.0.0/24");
  expect(route?.nexthops?.map(({ encap, gateway }) => [encap?.encap_type, gateway])).toEqual([
    ["mpls", "10.0.0.2"],
    ["mpls", "10.0.0.3"],
  ]);
});

// Lines of `ip -N -d -o route show`, and the words with which `ip route add` makes the same route.
test.each([
  [
    "10.7.0.0/16 encap ip id 30 src 0.0.0.0 dst 10.0.0.7 ttl 0 tos 16 tos 0x10 dev v0",
    "10.7.0.0/16 encap ip id 30 src 0.0.0.0 dst 10.0.0.7 ttl 0 tos 0x10 tos 0x10 dev v0",
    "10.7.0.0/16 tos 0x10 dev v0",
  ],
  [
    "10.9.0.0/16 encap ip6 id 30 src :: dst 2001:db8::7 hoplimit 3 tc 20 dev v0 hoplimit 9",
    "10.9.0.0/16 encap ip6 id 30 src :: dst 2001:db8::7 hoplimit 3 tc 0x14 dev v0 hoplimit 9",
    "10.9.0.0/16 dev v0 hoplimit 9",
  ],
  [
    "2001:db8:2::/48 encap seg6 mode inline segs 3 [ fc00::1 fc00::2 :: ] via 2001:db8::9 dev v0",
    "2001:db8:2::/48 encap seg6 mode inline segs fc00::1,fc00::2 via 2001:db8::9 dev v0",
    "2001:db8:2::/48 via 2001:db8::9 dev v0",
  ],
  [
    "fc00:1::9 encap seg6local action End.B6 segs 2 [ fc00::7 :: ] dev v0 table 7",
    "fc00:1::9 encap seg6local action End.B6 srh segs fc00::7 dev v0 table 7",
    "fc00:1::9 dev v0 table 7",
  ],
  [
    "fc00:1::a encap seg6local action End.B6.Encaps segs 1 [ fc00::7 ] dev v0",
    "fc00:1::a encap seg6local action End.B6.Encaps srh segs fc00::7 dev v0",
    "fc00:1::a dev v0",
  ],
  [
    "fc00:1::7 encap seg6local action End.DT6 table 100 dev v0 table 7",
    "fc00:1::7 encap seg6local action End.DT6 table 100 dev v0 table 7",
    "fc00:1::7 dev v0 table 7",
  ],
  [
    "10.4.0.0/16 proto 3 nexthop encap seg6 mode encap segs 1 [ fc00::1 ] dev v0 nexthop encap mpls 5 dev v1",
    "10.4.0.0/16 proto 3 nexthop encap seg6 mode encap segs fc00::1 dev v0 nexthop encap mpls 5 dev v1",
    "10.4.0.0/16 proto 3 nexthop encap seg6 mode encap segs 1 [ fc00::1 ] dev v0 nexthop encap mpls 5 dev v1",
  ],
])("an encapsulation is restored as it was: %s", (printed, taken, others) => {
  expect(takenWords(printed.split(" ")).join(" ")).toBe(taken);
  expect(splitEncapsulation(printed.split(" ")).others.join(" ")).toBe(others);
});
