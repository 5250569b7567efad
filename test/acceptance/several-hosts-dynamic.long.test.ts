import { dynamic } from "./providers";
import { fixture, severalHosts } from "./several-hosts";

severalHosts(dynamic(fixture));
