import { z } from "zod";
import * as fields from "../../../provider/src/schema/fields";
import type { Draw } from "./draw";

type Drawn = (draw: Draw) => unknown;

/** Small pools, so that values meet, move and come back. */
export const addresses4 = [1, 2, 3].flatMap((net) => [1, 2, 3, 4].map((host) => `10.0.${net}.${host}/24`));
export const addresses6 = [1, 2].flatMap((net) => [1, 2, 3].map((host) => `fd00:${net}::${host}/64`));
const macs = [1, 2, 3].map((last) => `02:00:00:00:00:0${last}`);

export function anyCidr(draw: Draw): string {
  return draw.chance(70) ? draw.pick(addresses4) : draw.pick(addresses6);
}

/** The texts that a shared schema stands for; a copy with other metadata has the same definition. */
const texts = new Map<unknown, Drawn>(
  (
    [
      [fields.cidr, anyCidr],
      [fields.address, (draw) => anyCidr(draw).replace(/\/.*/, "")],
      [fields.mac, (draw) => draw.pick(macs)],
      [fields.port, (draw) => draw.pick([80, 443, 8080])],
      [fields.mtu, (draw) => draw.pick([1280, 1400, 1500, 9000])],
      [fields.printable, (draw) => draw.pick(["one", "two words", 'a "quoted" text'])],
    ] as [z.ZodType, Drawn][]
  ).map(([schema, drawn]) => [schema.def, drawn]),
);

/** Texts of which a schema that is not known takes some. */
const candidates = [
  ...macs,
  ...addresses4,
  ...addresses6,
  "10.0.1.1",
  "fd00:1::1",
  "239.1.1.1",
  "ff05::1",
  ...["10.8.0.0/16", "fd00:8::/48", "1000", "1000-2000", "one", "two"],
];

function isText(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).every(isText);
  return schema instanceof z.ZodString || (schema instanceof z.ZodPipe && isText(schema.in as z.ZodType));
}

export class NoValue extends Error {}

/** A value that a schema takes, from the schema alone. Throws `NoValue` where it does not say which. */
export function fromSchema(schema: z.ZodType, draw: Draw): unknown {
  const known = texts.get(schema.def);
  if (known) return known(draw);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return fromSchema(schema.unwrap() as z.ZodType, draw);
  if (isText(schema)) {
    const words = candidates.filter((word) => schema.safeParse(word).success);
    if (words.length > 0) return draw.pick(words);
  }
  if (schema instanceof z.ZodPipe) return fromSchema(schema.in as z.ZodType, draw);
  if (schema instanceof z.ZodBoolean) return draw.chance(50);
  if (schema instanceof z.ZodEnum) return draw.pick(schema.options);
  if (schema instanceof z.ZodLiteral) return schema.value;
  if (schema instanceof z.ZodNumber) return numberOf(schema, draw);
  if (schema instanceof z.ZodUnion) return oneOf(schema.options as z.ZodType[], draw);
  if (schema instanceof z.ZodArray) {
    const list = Array.from({ length: draw.int(1, 3) }, () => fromSchema(schema.element as z.ZodType, draw));
    return list.filter((each, index) => list.indexOf(each) === index);
  }
  if (schema instanceof z.ZodObject) {
    const entries = Object.entries(schema.shape as z.ZodRawShape) as [string, z.ZodType][];
    const given = entries.filter(([, field]) => !field.safeParse(undefined).success || draw.chance(50));
    return Object.fromEntries(given.map(([key, field]) => [key, fromSchema(field, draw)]));
  }
  throw new NoValue(`the schema does not say what a ${schema.def.type} may be`);
}

/** Of several forms, one that can be drawn from its schema. */
function oneOf(options: readonly z.ZodType[], draw: Draw): unknown {
  let last: unknown;
  for (const option of draw.shuffled(options)) {
    try {
      return fromSchema(option, draw);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** Mostly small numbers, and both ends of the range. */
function numberOf(schema: z.ZodNumber, draw: Draw): number {
  const min = Math.max(schema.minValue ?? 0, -1000);
  const max = Math.min(schema.maxValue ?? 1000, Number.MAX_SAFE_INTEGER);
  const near = draw.int(Math.ceil(min), Math.floor(Math.min(max, min + 20)));
  return draw.weighted([
    [1, Number.isFinite(min) ? min : 0],
    [1, schema.maxValue !== undefined && schema.maxValue !== null && schema.maxValue <= 0xffffffff ? max : near],
    [6, near],
  ]);
}
