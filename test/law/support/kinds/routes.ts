import type { Values } from "../../../../provider/src/core/check";
import { isRef, type Program } from "../program";
import { linksIn, netnsName, networkOf, reaching, resourcesIn } from "../scene";
import type { Shape } from "../shapes";
import { hosts, inPlace, place } from "./place";

export const route: Shape = {
  prefix: "r",
  weight: 5,
  base(scene) {
    const { program, draw } = scene;
    const netns = place(scene);
    const name = netnsName(program, netns);
    const to = { ...(netns !== undefined && { netns }) };
    const usable = linksIn(program, name).filter(({ up }) => up);
    const link = draw.maybe(usable);
    const networks = ["default", "10.8.0.0/16", "10.9.0.0/16", "192.0.2.7"];
    if (!link || draw.chance(10)) {
      return { ...to, destination: draw.pick(networks), type: draw.pick(["blackhole", "unreachable", "prohibit"]) };
    }
    const address = draw.maybe(link.addresses);
    if (address === undefined) return { ...to, destination: draw.pick(networks), device: link.value };
    const six = address.includes(":");
    const hops = hosts(address).filter((each) => !address.startsWith(`${each}/`));
    if (!six && draw.chance(30)) {
      const nextHops = draw.some(hops, 3).map((via, index) => ({ via, weight: index + 1 }));
      return { ...to, destination: draw.pick(networks), ...(nextHops.length > 1 ? { nextHops } : { via: hops[0] }) };
    }
    const destination = six ? draw.pick(["::/0", "fd00:8::/48", "fd00:9::7"]) : draw.pick(networks);
    return { ...to, destination, via: draw.pick(hops) };
  },
  inputs: {
    nextHops: ({ draw }, { nextHops }) =>
      (nextHops as { via: string }[] | undefined)?.map(({ via }) => ({ via, weight: draw.int(1, 3) })),
    destination: ({ draw }, { destination }) =>
      String(destination).includes(":")
        ? draw.pick(["::/0", "fd00:8::/48", "fd00:9::7"])
        : draw.pick(["default", "10.8.0.0/16", "10.9.0.0/16", "192.0.2.7"]),
    via: ({ program, draw }, values) => {
      const resourceName = linksIn(program, netnsName(program, values.netns)).flatMap(({ addresses }) => addresses);
      const addresses = resourceName.filter((each) => each.includes(":") === String(values.destination).includes(":"));
      const address = draw.maybe(addresses);
      return address && draw.maybe(hosts(address).filter((each) => !resourceName.includes(`${each}/24`)));
    },
    device: ({ program, draw }, values) => {
      const all = linksIn(program, netnsName(program, values.netns)).filter(({ up }) => up);
      const { via } = values;
      const near = all.filter(
        ({ addresses }) => via === undefined || addresses.map(networkOf).includes(networkOf(String(via))),
      );
      return draw.maybe(near)?.value;
    },
    source: ({ program, draw }, values) => {
      const resourceName = linksIn(program, netnsName(program, values.netns)).flatMap(({ addresses }) => addresses);
      const address = draw.maybe(
        resourceName.filter((each) => each.includes(":") === String(values.destination).includes(":")),
      );
      return address?.replace(/\/.*/, "");
    },
    encapsulation: ({ draw }, { via, device, type = "unicast" }) => {
      if (type !== "unicast" || (via === undefined && device === undefined)) return undefined;
      return {
        type: "seg6",
        mode: draw.pick(["encap", "l2encap"]),
        segments: draw.some(["fd00:5::1", "fd00:5::2"], 2),
      };
    },
    protocol: ({ draw }) => draw.pick(["boot", "static"]),
    metric: ({ draw }) => draw.pick([0, 5, 1024]),
    table: ({ draw }) => draw.pick([7, 254]),
    type: ({ draw }, { via, device }) =>
      via === undefined && device === undefined
        ? draw.pick(["blackhole", "unreachable", "prohibit", "throw"])
        : "unicast",
  },
  needed(program, { netns, via, source, device, nextHops }) {
    const name = netnsName(program, netns);
    const of = [via, source, ...hopsOf(nextHops)].flatMap((each) =>
      each === undefined ? [] : reaching(program, name, String(each)),
    );
    const named = linksIn(program, name).filter((each) => each.name === device);
    return [...of, ...named].map(({ by }) => by);
  },
  fits(program, { name: resourceName, inputs: { netns, via, source, device, nextHops, destination, metric, table } }) {
    const name = netnsName(program, netns);
    const key = (inputs: Values) => JSON.stringify([inputs.destination, inputs.metric ?? 0, inputs.table ?? 254]);
    const twin = resourcesIn(program, name, "Route").find(
      (each) => each.name !== resourceName && key(each.inputs) === key({ destination, metric, table }),
    );
    if (twin) return false;
    const all = linksIn(program, name).filter(({ up }) => up);
    const leads = (each: unknown) =>
      isRef(each)
        ? all.some(({ by, value }) => isRef(value) && by === each.ref)
        : all.some((link) => link.name === each);
    const near = all.filter(
      (each) =>
        device === undefined || each.name === device || (isRef(device) && isRef(each.value) && each.by === device.ref),
    );
    const has = (address: unknown) =>
      all.some(({ addresses }) => addresses.some((each) => each.startsWith(`${address}/`)));
    return (
      (device === undefined || leads(device)) &&
      (via === undefined ||
        (!has(via) && near.some(({ addresses }) => addresses.map(networkOf).includes(networkOf(String(via)))))) &&
      hopsOf(nextHops).every((each) => !has(each) && reaching(program, name, each).length > 0) &&
      (source === undefined || has(source))
    );
  },
};

function hopsOf(nextHops: unknown): string[] {
  return ((nextHops ?? []) as { via: string }[]).map(({ via }) => via);
}

/** Of networks that no link has: which address is the primary one of its network is a matter of who came first. */
export const address: Shape = {
  prefix: "a",
  weight: 3,
  base(scene) {
    const { program, draw } = scene;
    const netns = place(scene);
    const link = draw.maybe(linksIn(program, netnsName(program, netns)).filter(({ up }) => up));
    const device = link?.value ?? (netns === undefined ? undefined : "lo");
    if (device === undefined) return undefined;
    return { ...(netns !== undefined && { netns }), device, address: draw.pick(localAddresses) };
  },
  inputs: {
    address: ({ draw }) => draw.pick(localAddresses),
    peer: ({ draw }, { address }) =>
      String(address).includes(":") ? "fd00:79::1" : draw.pick(["10.79.0.1", "10.79.0.2"]),
    label: ({ draw }, { address }) => (String(address).includes(":") ? undefined : draw.pick(["a:1", "vip"])),
    broadcast: ({ draw }, { address }) => (String(address).includes(":") ? undefined : draw.pick(["10.77.9.9"])),
    scope: ({ draw }, { address }) =>
      String(address).includes(":") ? undefined : draw.pick(["global", "link", "host"]),
    noDad: ({ draw }, { address }) => String(address).includes(":") && draw.chance(50),
    metric: ({ draw }) => draw.int(1, 9),
  },
  without: { device: "it goes with the namespace" },
  needed: (program, { netns, device }) => linkNamed(program, netns, device).map(({ by }) => by),
  fits(program, { name: resourceName, inputs: { netns, device, address } }) {
    const name = netnsName(program, netns);
    const twin = resourcesIn(program, name, "Address").some(
      (each) => each.name !== resourceName && each.inputs.address === address,
    );
    return !twin && (device === "lo" ? name !== "" : linkNamed(program, netns, device).some(({ up }) => up));
  },
};

/** Of addresses that no link of a program has. */
export const neighbour: Shape = {
  prefix: "e",
  weight: 2,
  base(scene) {
    const { program, draw } = scene;
    const netns = place(scene);
    const link = draw.maybe(linksIn(program, netnsName(program, netns)).filter(({ up }) => up));
    if (!link) return undefined;
    const by = draw.chance(70) ? { mac: draw.pick(macs) } : { proxy: true };
    return { ...(netns !== undefined && { netns }), device: link.value, address: draw.pick(neighbours), ...by };
  },
  inputs: {
    address: ({ draw }) => draw.pick(neighbours),
    mac: ({ draw }, { proxy }) => (proxy ? undefined : draw.pick(macs)),
    router: ({ draw }, { address }) => String(address).includes(":") && draw.chance(50),
  },
  without: { device: "it goes with the namespace", proxy: "it goes without the MAC address" },
  needed: (program, { netns, device }) => linkNamed(program, netns, device).map(({ by }) => by),
  fits(program, { name: resourceName, inputs: { netns, device, address } }) {
    const twins = resourcesIn(program, netnsName(program, netns), "Neighbour");
    const isTwin = twins.some((each) => each.name !== resourceName && each.inputs.address === address);
    return !isTwin && linkNamed(program, netns, device).some(({ up }) => up);
  },
};

const neighbours = ["10.77.5.1", "10.77.5.2", "fd00:77:5::1"];
const macs = ["02:00:00:00:00:51", "02:00:00:00:00:52"];

const localAddresses = ["10.77.0.1/32", "10.77.1.1/24", "10.78.0.1/16", "fd00:77::1/64", "fd00:78::1/128"];

export function linkNamed(program: Program, netns: unknown, device: unknown) {
  return linksIn(program, netnsName(program, netns)).filter((each) =>
    isRef(device) ? isRef(each.value) && each.by === device.ref : each.name === device,
  );
}

export const policyRule: Shape = {
  prefix: "o",
  weight: 2,
  base: (scene) => ({
    ...inPlace(scene),
    priority: scene.draw.int(100, 103),
    ...(scene.draw.chance(70) ? { table: scene.draw.pick([7, 254]) } : { action: "blackhole" }),
  }),
  inputs: {
    priority: ({ draw }) => draw.int(100, 103),
    table: ({ draw }, { action }) => (action === undefined ? draw.pick([7, 8, 254]) : undefined),
    action: ({ draw }, { table }) =>
      table === undefined ? draw.pick(["blackhole", "unreachable", "prohibit"]) : undefined,
  },
  fits(program, { name, inputs }) {
    const others = resourcesIn(program, netnsName(program, inputs.netns), "PolicyRule").filter(
      (each) => each.name !== name,
    );
    return others.every((each) => each.inputs.priority !== inputs.priority);
  },
};
