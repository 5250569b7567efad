import { places, sharesAHost } from "./concurrency";
import { dynamic } from "./providers";

sharesAHost(dynamic("test/fixtures/pods"), [places[1]], { locked: true });
