import { linesOf, survives } from "./kills";
import { dynamic, native } from "./providers";

// Each signal once, and each provider. The long run has each signal with each provider, and more points.
const lines = linesOf(1);
survives([
  { way: "SIGINT", row: dynamic("test/fixtures/pods"), lines },
  { way: "SIGKILL", row: native("test/fixtures/pods"), lines },
]);
