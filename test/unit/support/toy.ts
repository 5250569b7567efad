import { z } from "zod";
import { defineKind } from "../../../provider/src/core/kind";
import { LocalnetError } from "../../../provider/src/errors";

interface Toy {
  color: string;
  size: number;
  owner: string;
  tags: string[];
  otherKind?: boolean;
  shape?: string;
}

/** The toys, in place of a kernel, and the faults for the next operation. */
export const shelf = new Map<string, Toy>();
export const faults: {
  afterColor?: Error | undefined;
  lie?: boolean;
  /** Whether inputs that are taken away stay. */
  keepsTags?: boolean;
  /** `ensure` returns what it observed, with these differences. */
  shown?: Partial<Toy>;
  observe?: Error;
  remove?: () => void;
} = {};

function observed({ owner, otherKind = false, shape = "round", ...rest }: Toy) {
  const inputs = { ...rest, shape };
  return { owner, otherKind, inputs, outputs: { serial: 7 } };
}

/** A kind whose objects are in memory, for tests of the lifecycle only. Real kinds are tested on a kernel. */
export const toy = defineKind({
  type: "Toy",
  summary: "A toy.",
  args: {
    /** Its name. */
    name: z.string().meta({ replace: true }),
    /** Its color. */
    color: z.string().default("red"),
    /** Its size. */
    size: z.number().optional().meta({ unset: 0 }),
    /** What it is cut to. */
    shape: z.string().optional().meta({ replace: true }),
    /** Tags, others left alone. */
    tags: z
      .array(z.string())
      .optional()
      .meta({ subset: (tag: string) => tag, unset: [] }),
    /** Where it is put. */
    place: z.strictObject({ row: z.number().meta({ replace: true }), note: z.string().optional() }).optional(),
  },
  outputs: {
    /** A number of its own. */
    serial: z.number(),
    /** An output that cannot be observed. */
    secret: z.string(),
  },
  needs: [],
  id: ({ name }) => name,
  *rules({ color, size }) {
    if (color === "blue" && size === 1) yield ["size", "no blue toy is that small"];
  },
  async observe(_host, { name }) {
    if (faults.observe) throw faults.observe;
    const item = shelf.get(name);
    return item && observed(item);
  },
  async ensure(_host, { name, color, shape = "round", size = 0, tags = [], owner }, before, recorded) {
    const item: Toy = shelf.get(name) ?? { color: "", shape, size: 0, owner, tags: [] };
    shelf.set(name, item);
    item.owner = owner;
    item.color = faults.lie ? "grey" : color;
    if (faults.afterColor) throw faults.afterColor;
    item.size = size;
    const others = before?.inputs.tags.filter((tag) => faults.keepsTags || !recorded?.tags?.includes(tag)) ?? [];
    item.tags = [...new Set([...others, ...tags])];
    return { outputs: { secret: "s" }, observed: faults.shown && observed({ ...item, ...faults.shown }) };
  },
  async remove(_host, { name }) {
    faults.remove?.();
    shelf.delete(name);
  },
});

export const broken = new LocalnetError("LN_COMMAND", "the brush broke");
