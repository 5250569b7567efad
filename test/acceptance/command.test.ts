import { looksAtTwoNamespaces } from "./command";
import { dynamic } from "./providers";

looksAtTwoNamespaces(dynamic("examples/two-namespaces"));
