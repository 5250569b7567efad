export * from "./components";
export * from "./generated/functions";
export * from "./generated/resources";
