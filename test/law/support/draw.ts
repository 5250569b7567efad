import type fc from "fast-check";

/** What is drawn by lot, from fast-check's own source: the same seed draws the same. */
export class Draw {
  constructor(private readonly random: fc.Random) {}

  int(min: number, max: number): number {
    return this.random.nextInt(min, max);
  }

  chance(percent: number): boolean {
    return this.int(1, 100) <= percent;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error("nothing to draw from");
    return list[this.int(0, list.length - 1)] as T;
  }

  /** One of those that are, or undefined. */
  maybe<T>(list: readonly T[]): T | undefined {
    return list.length > 0 ? this.pick(list) : undefined;
  }

  some<T>(list: readonly T[], most: number): T[] {
    return this.shuffled(list).slice(0, this.int(1, Math.min(most, list.length)));
  }

  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    return list.map(() => left.splice(this.int(0, left.length - 1), 1)[0] as T);
  }

  /** One of several, the heavier the likelier. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.int(
      1,
      list.reduce((sum, [weight]) => sum + weight, 0),
    );
    for (const [weight, value] of list) {
      at -= weight;
      if (at <= 0) return value;
    }
    throw new Error("nothing to draw from");
  }
}
