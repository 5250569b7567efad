import { z } from "zod";
import { integer } from "../../schema/fields";
import { isOneOf } from "./filter-fields";

export const controls = ["drop", "pass", "pipe", "reclassify", "continue"] as const;
type Control = (typeof controls)[number];

const control = z.enum(controls, { error: `must be one of ${controls.join(", ")}` });

export const policeArgs = {
  /** Highest rate in kilobits (1000 bits) per second; for police. */
  rateKbit: integer(1, 1_000_000_000)
    // tc prints no more digits of larger rates.
    .refine((kbit) => kbit < 1_000_000 || kbit % 1000 === 0, "must be a multiple of 1000 from 1000000 on")
    .optional(),
  /** Bytes that may come at once after a pause; for police. */
  burstBytes: integer(1, 0xffffffff).optional(),
  /** Largest packet in bytes that can conform; for police. Default: the kernel's choice, 2040, which large joined packets exceed. */
  mtu: integer(1, 0x7fffffff).optional(),
  /** What becomes of packets that exceed the rate or the mtu; for police. Default: drop. */
  exceed: control.optional(),
  /** What becomes of other packets: pipe, the next action; for police. Default: pipe. */
  conform: control.optional(),
} as const;

interface Police {
  readonly kind: "police";
  readonly rateKbit?: number | undefined;
  readonly burstBytes?: number | undefined;
  readonly mtu?: number | undefined;
  readonly exceed?: Control | undefined;
  readonly conform?: Control | undefined;
}

export function policeWords({ rateKbit, burstBytes, mtu, exceed, conform }: Police): string[] {
  return [
    ...["action", "police", "rate", `${rateKbit}kbit`, "burst", `${burstBytes}b`],
    ...[...(mtu === undefined ? [] : ["mtu", `${mtu}b`]), "conform-exceed", `${exceed}/${conform}`],
  ];
}

const form =
  /^police 0x[0-9a-f]+ rate (\d+)(K|M|G|T)?bit burst (\S+) mtu (\S+) action (\w+)(?:\/(\w+))? overhead 0b ref 1 bind 1$/;
const thousands: Readonly<Record<string, number>> = { K: 1, M: 1e3, G: 1e6, T: 1e9 };
const kernelsMtu = sizeOf("2Kb");

/** Reads tc's text; undefined: inputs cannot express it. `wanted` shows which value was rounded. */
export function readPolice(text: string, wanted: Omit<Police, "kind"> | undefined): Police | undefined {
  const [, rate, unit, burst = "", mtu = "", exceed, conform = "pass"] = form.exec(text) ?? [];
  if (rate === undefined || !isOneOf(controls, exceed) || !isOneOf(controls, conform)) return undefined;
  const rateKbit = Number(rate) * (thousands[unit ?? ""] ?? 0.001);
  const shown = { burst: sizeOf(burst), mtu: sizeOf(mtu) };
  if (!shown.burst || !shown.mtu || !Number.isInteger(rateKbit)) return undefined;
  // The kernel stores the burst as a time in ticks of 64 ns, and tc counts in microseconds.
  const burstBytes = near(shown.burst, wanted?.burstBytes, 1 + (2.2 * rateKbit) / 8000);
  const size = near(shown.mtu, wanted?.mtu, 0);
  const isKernels = size === kernelsMtu?.bytes && wanted?.mtu !== size;
  return { kind: "police", rateKbit, burstBytes, ...(!isKernels && { mtu: size }), exceed, conform };
}

interface Size {
  readonly bytes: number;
  /** By how much tc may have rounded it. */
  readonly rounded: number;
}

function sizeOf(text: string): Size | undefined {
  const [, number, unit = ""] = /^(\d+)(b|Kb|Mb)$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const [factor, rounded] = unit === "Mb" ? [1024 * 1024, 1024] : unit === "Kb" ? [1024, 16] : [1, 0];
  return { bytes: Number(number) * factor, rounded };
}

function near({ bytes, rounded }: Size, wanted: number | undefined, tolerance: number): number {
  return wanted !== undefined && Math.abs(bytes - wanted) <= rounded + tolerance ? wanted : bytes;
}
