import { dynamic } from "./providers";
import { endsWhileWaiting } from "./waits";

endsWhileWaiting(dynamic("test/fixtures/waits"));
