import { root } from "./engine";
import { walk } from "./ipvs-lab";
import { byRefresh } from "./providers";

walk(root, byRefresh);
