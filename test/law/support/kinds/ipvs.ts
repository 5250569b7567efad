import type { Shape } from "../shapes";
import { inPlace } from "./place";

export const ipvsService: Shape = {
  prefix: "i",
  weight: 3,
  needs: "ipvs",
  base: (scene) => ({ ...inPlace(scene), address: "10.0.1.9", port: scene.draw.pick([80, 443, 8080]) }),
  inputs: {
    scheduler: ({ draw }) => draw.pick(["rr", "wrr", "lc", "wlc", "sh"]),
    schedulerFlags: (_scene, { scheduler }) => (scheduler === "sh" ? ["sh-port"] : undefined),
    persistenceTimeout: ({ draw }) => draw.pick([60, 300]),
    persistenceNetmask: ({ draw }) => draw.pick(["255.255.255.0", "255.255.0.0"]),
  },
  without: {
    firewallMark: "in place of address and port",
    family: "by firewall mark",
    address: "is there",
    port: "is there",
  },
};

export const ipvsBackend: Shape = {
  prefix: "k",
  weight: 4,
  needs: "ipvs",
  base({ program, draw }) {
    const service = draw.maybe(program.filter(({ type }) => type === "IpvsService"));
    return (
      service && {
        service: { ref: service.name },
        address: `10.0.2.${draw.int(1, 4)}`,
        port: Number(service.inputs.port),
      }
    );
  },
  inputs: {
    upperThreshold: ({ draw }) => draw.pick([10, 20]),
    lowerThreshold: ({ draw }) => draw.pick([1, 5]),
    weight: ({ draw }) => draw.int(0, 3),
  },
  without: { netns: "the service's", drainSeconds: "time", address: "is there", port: "is there" },
};

export const ipvsTimeouts: Shape = {
  prefix: "t",
  weight: 1,
  needs: "ipvs",
  base: inPlace,
  inputs: {
    tcp: ({ draw }) => draw.pick([60, 901]),
    tcpFin: ({ draw }) => draw.pick([10, 121]),
    udp: ({ draw }) => draw.pick([20, 301]),
  },
};
