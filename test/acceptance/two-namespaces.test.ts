import { dynamic } from "./providers";
import { bringsUpTwoNamespaces } from "./two-namespaces";

bringsUpTwoNamespaces(dynamic("examples/two-namespaces"));
