import { byTable, servesAsKubeProxy } from "./kube-proxy";
import { dynamic } from "./providers";

servesAsKubeProxy(dynamic("test/fixtures/kube-proxy-node"), byTable);
