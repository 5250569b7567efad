import { native } from "./providers";
import { bringsUpTwoNamespaces } from "./two-namespaces";

bringsUpTwoNamespaces(native("examples/two-namespaces"));
