import type { Values } from "../../../provider/src/core/check";
import type { Feature } from "../../kernel/support/features";
import type { Draw } from "./draw";
import type { Program, Resource } from "./program";

/** What a program has already, and the lot that decides what comes next. */
export interface Scene {
  readonly program: Program;
  readonly draw: Draw;
  /** A name for the kernel that nothing in the program has. */
  fresh(prefix: string): string;
}

/** How resources of a kind are made so that they make sense together; the rest comes from the kind's own schema. */
export interface Shape {
  /** What the names of its resources begin with. */
  readonly prefix: string;
  /** How often there is one, beside the others. */
  readonly weight: number;
  readonly needs?: Feature;
  /** The inputs without which there is none. Undefined: the program lacks what it needs. */
  base(scene: Scene): Values | undefined;
  /** Values of inputs, by path; undefined: it has none here. */
  readonly inputs?: Readonly<Record<string, (scene: Scene, values: Values) => unknown>>;
  /** What the kernel must be able to do for an input. */
  readonly needing?: Readonly<Record<string, Feature>>;
  /** The inputs that are names, where two of it need no more than others: while one goes, another may come that is like it otherwise. */
  readonly onlyNamed?: readonly string[];
  /** Inputs that are never given, and why. */
  readonly without?: Readonly<Record<string, string>>;
  /** The resources that it needs, and that none of its inputs names. */
  needed?(program: Program, inputs: Values): string[];
  /** Is what it names, by text or number, in the program? */
  fits?(program: Program, resource: Resource): boolean;
}

/** Why programs have none of a kind. */
export interface NoShape {
  readonly none: string;
}
