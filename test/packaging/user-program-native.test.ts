import { works } from "./user-program";

works("pulumi-localnet/native", [
  ["this Node", "latest"],
  ["Node 24", "3.216.0"],
]);
