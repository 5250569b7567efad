export * from "./components/native";
export * from "./generated/native-resources";
