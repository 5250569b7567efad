import { refusesBadInput } from "./bad-input";
import { dynamic } from "./providers";

refusesBadInput(dynamic("test/fixtures/bad-input"));
