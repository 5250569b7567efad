import { dynamic } from "./providers";
import { needsUserNamespaces, runsRootless } from "./rootless";

const lab = dynamic("examples/rootless-lab");
runsRootless(lab);
needsUserNamespaces(lab);
