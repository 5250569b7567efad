export * from "./generated/native-resources";
