import { works } from "./user-program";

works("pulumi-localnet", [["this Node", "3.216.0"]]);
