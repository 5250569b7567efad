import { walk } from "./ipvs-lab";
import { byPreview, natively } from "./providers";

walk(natively("examples/ipvs-lab", "Pulumi.yaml"), byPreview);
