import { startsFewProcesses } from "./bench";

startsFewProcesses({ provider: "dynamic provider", kinds: "pulumi-localnet", unchanged: 0 });
