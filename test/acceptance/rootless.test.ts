import { dynamic } from "./providers";
import { isAsRecorded, needsUserNamespaces, runsRootless } from "./rootless";

const lab = dynamic("examples/rootless-lab");
runsRootless(lab);
isAsRecorded();
needsUserNamespaces(lab);
