import { startsFewProcesses } from "./bench";

startsFewProcesses({ provider: "native plugin", kinds: "pulumi-localnet/native", unchanged: 19 });
