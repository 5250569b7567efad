export * from "./generated/functions";
export * from "./generated/resources";
