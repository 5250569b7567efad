import { changing } from "../fixtures/kube-proxy/reach";
import { changesEndpoints, changesModes } from "./support/kube-proxy-change";
import { describeIpvs } from "./support/kube-proxy-ipvs";

describeIpvs(changing(2), (lab, node) => {
  changesEndpoints(lab, node, "ipvs");
  changesModes(lab, node, [
    ["ipvs", "iptables"],
    ["iptables", "ipvs"],
    ["ipvs", "nftables"],
    ["nftables", "ipvs"],
  ]);
});
