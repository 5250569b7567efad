import * as kinds from "./kinds";
import { type ArgsOf, resource } from "./pulumi/resource";

export class Netns extends resource(kinds.netns) {}
export type NetnsArgs = ArgsOf<typeof kinds.netns>;

export class Bridge extends resource(kinds.bridge) {}
export type BridgeArgs = ArgsOf<typeof kinds.bridge>;

export class VethPair extends resource(kinds.vethPair) {}
export type VethPairArgs = ArgsOf<typeof kinds.vethPair>;

export class Dummy extends resource(kinds.dummy) {}
export type DummyArgs = ArgsOf<typeof kinds.dummy>;

export class Route extends resource(kinds.route) {}
export type RouteArgs = ArgsOf<typeof kinds.route>;

export class KernelModule extends resource(kinds.kernelModule) {}
export type KernelModuleArgs = ArgsOf<typeof kinds.kernelModule>;

export class Sysctl extends resource(kinds.sysctl) {}
export type SysctlArgs = ArgsOf<typeof kinds.sysctl>;

export class IptablesRule extends resource(kinds.iptablesRule) {}
export type IptablesRuleArgs = ArgsOf<typeof kinds.iptablesRule>;

export class IpvsService extends resource(kinds.ipvsService) {}
export type IpvsServiceArgs = ArgsOf<typeof kinds.ipvsService>;

export class IpvsBackend extends resource(kinds.ipvsBackend) {}
export type IpvsBackendArgs = ArgsOf<typeof kinds.ipvsBackend>;

export class Process extends resource(kinds.process) {}
export type ProcessArgs = ArgsOf<typeof kinds.process>;

export class Probe extends resource(kinds.probe) {}
export type ProbeArgs = ArgsOf<typeof kinds.probe>;
