import { works } from "./user-program";

works("pulumi-localnet/native", [["Node 24", "3.216.0"]]);
