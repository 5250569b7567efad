import { join } from "node:path";
import { root } from "./engine";
import { bringsUpAndDown } from "./whole-program";

bringsUpAndDown(() => join(root, "examples/kube-proxy"));
