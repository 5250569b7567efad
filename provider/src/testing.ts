export { LabUnavailable } from "./testing/namespaces";
export { type ExecOptions, type ExecResult, Lab, type NetworkOptions, network, unavailable } from "./testing/network";
