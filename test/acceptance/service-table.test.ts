import { byTable, servesAsKubeProxy } from "./kube-proxy";
import { native } from "./providers";

servesAsKubeProxy(native("test/fixtures/kube-proxy-node"), byTable);
