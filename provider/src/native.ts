export * from "./native-resources";
