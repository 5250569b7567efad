export * from "./generated/resources";
