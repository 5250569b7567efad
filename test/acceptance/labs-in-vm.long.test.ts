import { isTakenOver } from "./by-hand";
import { labs, scripts } from "./labs";
import { openMachine } from "./place";
import { bringsUpAndDown } from "./whole-program";

describe.each(labs("machine"))("$name", ({ folder, open }) => bringsUpAndDown(() => folder, open));
describe.each(scripts("machine"))("$name by hand", ({ script }) => isTakenOver(script, openMachine));
