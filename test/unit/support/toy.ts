import { z } from "zod";
import { defineKind } from "../../../provider/src/core/kind";
import { LocalnetError } from "../../../provider/src/errors";

interface Toy {
  color: string;
  size: number;
  owner: string;
  tags: string[];
  alien?: boolean;
}

/** Where toys are, in place of a kernel; and what goes wrong with the next of them. */
export const shelf = new Map<string, Toy>();
export const faults: {
  afterColor?: Error | undefined;
  lie?: boolean;
  /** The kind shows what it changed, this much otherwise than it is. */
  shown?: Partial<Toy>;
  observe?: Error;
  remove?: () => void;
} = {};

/** A kind whose objects are in memory. It is for the lifecycle alone: what is proved of a real kind is proved on a kernel. */
export const toy = defineKind({
  type: "Toy",
  summary: "A toy.",
  args: {
    /** Its name. */
    name: z.string().meta({ replace: true }),
    /** Its color. */
    color: z.string().default("red"),
    /** Its size. */
    size: z.number().optional(),
    /** Tags, others left alone. */
    tags: z.array(z.string()).optional().meta({ subset: true }),
    /** Where it is put. */
    place: z.strictObject({ row: z.number().meta({ replace: true }), note: z.string().optional() }).optional(),
  },
  outputs: {
    /** A number of its own. */
    serial: z.number(),
    /** What could not be observed. */
    secret: z.string(),
  },
  needs: [],
  id: ({ name }) => name,
  *rules({ color, size }) {
    if (color === "blue" && size === 1) yield ["size", "no blue toy is that small"];
  },
  async observe(_host, { name }) {
    if (faults.observe) throw faults.observe;
    const found = shelf.get(name);
    return found && { ...found, serial: 7 };
  },
  async ensure(_host, { name, color, size = 0, tags = [], owner }, seen) {
    const item: Toy = shelf.get(name) ?? { color: "", size: 0, owner, tags: [] };
    shelf.set(name, item);
    item.owner = owner;
    item.color = faults.lie ? "grey" : color;
    if (faults.afterColor) throw faults.afterColor;
    item.size = size;
    item.tags = [...new Set([...(seen?.tags ?? []), ...tags])];
    return { known: { secret: "s" }, seen: faults.shown && { ...item, serial: 7, ...faults.shown } };
  },
  async remove(_host, { name }) {
    faults.remove?.();
    shelf.delete(name);
  },
});

export const broken = new LocalnetError("LN_COMMAND", "the brush broke");
