import { places, sharesAHost } from "./concurrency";
import { dynamic, native } from "./providers";

sharesAHost(dynamic("test/fixtures/pods"), [places[0], places[2]], { wide: true });
sharesAHost(native("test/fixtures/pods"), places, { wide: true, locked: true });
