import { parseJson } from "../../provider/src/tools/ip/json";
import { parseRoutes } from "../../provider/src/tools/ip/routes";

// What `ip -N -j -d route show table all` of iproute2 6.1 printed of routes of Linux 6.1: keys of the encapsulation and of the
// route are in one object.
const printed = [
  '{"type":"1","dst":"10.1.0.0/24","encap":"mpls","dst":"100/200","gateway":"10.0.0.2","dev":"d0","protocol":"157","scope":"0","flags":[]}',
  '{"type":"1","dst":"10.3.0.0/24","encap":"ip","id":30,"src":"10.0.0.1","dst":"10.0.0.7","ttl":4,"tos":0,"dev":"d0","protocol":"3","scope":"253","flags":[]}',
  '{"type":"1","dst":"10.3.1.0/24","encap":"ip6","id":30,"src":"::","dst":"2001:db8::7","hoplimit":0,"tc":0,"dev":"d0","table":"254","protocol":"3","scope":"253","flags":[]}',
  '{"type":"1","dst":"2001:db8:7::3","encap":"seg6local","action":"End.DT6","table":"77","dev":"d0","protocol":"3","scope":"0","metric":1024,"flags":[],"pref":"medium"}',
  '{"type":"1","dst":"10.2.0.0/24","encap":"seg6","mode":"encap","segs":["2001:db8::5"],"dev":"d0","protocol":"3","scope":"253","tos":"0x10","flags":[]}',
];

test("a route is not taken for another one over what its encapsulation says", () => {
  const routes = parseRoutes(parseJson(`[${printed.join(",\n")}]`));
  expect(routes.map(({ dst, encap, tos, table }) => [dst, encap, tos, table])).toEqual([
    ["10.1.0.0/24", "mpls", undefined, undefined],
    ["10.3.0.0/24", "ip", undefined, undefined],
    ["10.3.1.0/24", "ip6", undefined, "254"],
    ["2001:db8:7::3", "seg6local", undefined, undefined],
    ["10.2.0.0/24", "seg6", "0x10", undefined],
  ]);
});

test("next hops with encapsulations of their own leave the route its destination", () => {
  const [route] = parseRoutes(
    parseJson(
      '[{"type":"1","dst":"10.4.0.0/24","protocol":"3","flags":[],"nexthops":[{"encap":"mpls","dst":"5","gateway":"10.0.0.2","dev":"d0","weight":1,"flags":[]},{"encap":"mpls","dst":"6","gateway":"10.0.0.3","dev":"d0","weight":2,"flags":[]}]}]',
    ),
  );
  expect(route?.dst).toBe("10.4.0.0/24");
  expect(route?.nexthops?.map(({ encap, gateway }) => [encap, gateway])).toEqual([
    ["mpls", "10.0.0.2"],
    ["mpls", "10.0.0.3"],
  ]);
});
