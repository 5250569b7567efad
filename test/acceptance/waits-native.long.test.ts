import { native } from "./providers";
import { endsWhileWaiting } from "./waits";

endsWhileWaiting(native("test/fixtures/waits"));
