import { isTakenOver } from "./by-hand";
import { scripts } from "./labs";

describe.each(scripts("here"))("$name", ({ script }) => isTakenOver(script));
