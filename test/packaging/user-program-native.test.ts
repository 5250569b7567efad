import { works } from "./user-program";

works("pulumi-localnet/native", [["this Node", "latest"]]);
