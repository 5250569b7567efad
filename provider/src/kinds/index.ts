import type { AnyKind } from "../kind";
import { bridge } from "./bridge";
import { dummy } from "./dummy";
import { iptablesRule } from "./iptables-rule";
import { ipvsBackend } from "./ipvs-backend";
import { ipvsService } from "./ipvs-service";
import { kernelModule } from "./kernel-module";
import { netns } from "./netns";
import { pod } from "./pod";
import { probe } from "./probe";
import { process } from "./process";
import { route } from "./route";
import { sysctl } from "./sysctl";
import { vethPair } from "./veth-pair";

export {
  bridge,
  dummy,
  iptablesRule,
  ipvsBackend,
  ipvsService,
  kernelModule,
  netns,
  pod,
  probe,
  process,
  route,
  sysctl,
  vethPair,
};

const all: readonly AnyKind[] = [
  ...[netns, bridge, vethPair, pod, dummy, route],
  ...[kernelModule, sysctl, iptablesRule],
  ...[ipvsService, ipvsBackend, process, probe],
];

/** Every kind by its type. */
export const kinds: Readonly<Record<string, AnyKind>> = Object.fromEntries(all.map((kind) => [kind.type, kind]));
