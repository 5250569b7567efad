import { addressIn, subnet } from "../../provider/src";

test.each([
  ["10.0.0.0/16", 24, 0, "10.0.0.0/24"],
  ["10.0.0.0/16", 24, 3, "10.0.3.0/24"],
  ["10.0.0.0/16", 24, 255, "10.0.255.0/24"],
  ["10.0.0.0/16", 16, 0, "10.0.0.0/16"],
  ["10.0.0.0/8", 31, 2 ** 23 - 1, "10.255.255.254/31"],
  ["192.0.2.0/24", 32, 200, "192.0.2.200/32"],
  ["0.0.0.0/0", 1, 1, "128.0.0.0/1"],
  ["fd00::/48", 64, 65535, "fd00:0:0:ffff::/64"],
  ["2001:DB8::/32", 127, 3, "2001:db8::6/127"],
  ["::/0", 128, 1, "::1/128"],
  ["fd00::/64", 128, Number.MAX_SAFE_INTEGER, "fd00::1f:ffff:ffff:ffff/128"],
])("subnet(%s, %s, %s)", (network, length, number, is) => {
  expect(subnet(network, length, number)).toBe(is);
});

test.each([
  ["10.0.3.0/24", 1, "10.0.3.1/24"],
  ["10.0.3.0/24", 255, "10.0.3.255/24"],
  ["10.0.3.0/31", 0, "10.0.3.0/31"],
  ["fd00::/64", 2 ** 32, "fd00::1:0:0/64"],
])("addressIn(%s, %s)", (network, number, is) => {
  expect(addressIn(network, number)).toBe(is);
});

test.each([
  [
    "10.0.0.1/16",
    24,
    0,
    "subnet: network: must be a network, all bits behind the prefix zero: 10.0.0.0/16 or fd00::/48",
  ],
  ["10.0.0.0", 24, 0, "subnet: network: must be a network, "],
  ["10.0.0.0/33", 24, 0, "subnet: network: must be a network, "],
  ["10.0.0.0/16", 15, 0, "subnet: prefixLength: must be 16 to 32, as 10.0.0.0/16 has it"],
  ["10.0.0.0/16", 33, 0, "subnet: prefixLength: must be 16 to 32, "],
  ["fd00::/48", 129, 0, "subnet: prefixLength: must be 48 to 128, as fd00::/48 has it"],
  ["10.0.0.0/16", 24.5, 0, "subnet: prefixLength: must be 16 to 32, "],
  ["10.0.0.0/16", 24, 256, "subnet: number: must be a whole number, 0 to 255"],
  ["10.0.0.0/16", 24, -1, "subnet: number: must be a whole number, 0 to 255"],
  ["10.0.0.0/16", 24, 0.5, "subnet: number: must be a whole number, 0 to 255"],
  ["fd00::/48", 128, 2 ** 53, "subnet: number: must be a whole number, 0 to 9007199254740991"],
])("subnet(%s, %s, %s) is refused, with the reason", (network, length, number, message) => {
  expect(() => subnet(network, length, number)).toThrow(message);
});

test("addressIn refuses wrong arguments, with the reason", () => {
  expect(() => addressIn("10.0.3.1/24", 1)).toThrow("addressIn: network: must be a network");
  expect(() => addressIn("10.0.3.0/24", 256)).toThrow("addressIn: number: must be a whole number, 0 to 255");
  expect(() => addressIn(undefined as never, 1)).toThrow("addressIn: network: must be a network");
});
