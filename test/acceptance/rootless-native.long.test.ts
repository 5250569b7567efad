import { native } from "./providers";
import { runsRootless } from "./rootless";

runsRootless(native("examples/rootless-lab"));
