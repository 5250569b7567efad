import { looksAtTwoNamespaces } from "./command";
import { native } from "./providers";

looksAtTwoNamespaces(native("examples/two-namespaces"));
