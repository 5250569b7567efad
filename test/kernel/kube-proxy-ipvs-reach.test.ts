import { reachable } from "../fixtures/kube-proxy/reach";
import { describeIpvs } from "./support/kube-proxy-ipvs";
import { answersAsKubeProxy, hairpinsAsKubeProxy } from "./support/kube-proxy-reach";

describeIpvs(reachable, (lab) => {
  answersAsKubeProxy(lab, "ipvs");
  hairpinsAsKubeProxy(lab, "ipvs");
});
