import { labs } from "./labs";
import { bringsUpAndDown } from "./whole-program";

describe.each(labs("here"))("$name", ({ folder, open }) => bringsUpAndDown(() => folder, open));
