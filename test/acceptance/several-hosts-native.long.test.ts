import { native } from "./providers";
import { fixture, severalHosts } from "./several-hosts";

severalHosts(native(fixture));
