import { changing } from "../fixtures/kube-proxy/reach";
import { changesIpvs } from "./support/kube-proxy-change";
import { describeIpvs } from "./support/kube-proxy-ipvs";
import { TableNode } from "./support/service-table";

describeIpvs(changing(2), changesIpvs, (world, netns) => new TableNode(world, netns));
