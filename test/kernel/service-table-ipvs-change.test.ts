import { changing } from "../fixtures/kube-proxy/reach";
import { changesEndpoints, changesModes } from "./support/kube-proxy-change";
import { describeIpvs } from "./support/kube-proxy-ipvs";
import { TableNode } from "./support/service-table";
import type { World } from "./support/world";

const tests: Parameters<typeof describeIpvs>[1] = (lab, node) => {
  changesEndpoints(lab, node, "ipvs");
  changesModes(lab, node, [
    ["ipvs", "iptables"],
    ["iptables", "ipvs"],
    ["ipvs", "nftables"],
    ["nftables", "ipvs"],
  ]);
};

describeIpvs(changing(2), tests, (world: World, netns: string) => new TableNode(world, netns));
