import { works } from "./user-program";

works("pulumi-localnet", [["Node 24", "latest"]]);
