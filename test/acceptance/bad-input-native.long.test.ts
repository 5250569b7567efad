import { refusesBadInput } from "./bad-input";
import { native } from "./providers";

refusesBadInput(native("test/fixtures/bad-input"));
