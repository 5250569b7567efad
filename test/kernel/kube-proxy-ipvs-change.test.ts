import { changing } from "../fixtures/kube-proxy/reach";
import { changesIpvs } from "./support/kube-proxy-change";
import { describeIpvs } from "./support/kube-proxy-ipvs";

describeIpvs(changing(2), changesIpvs);
