import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

/**
 * The rule that an argument of a component breaks. The component makes its `things` while the program runs, so their number
 * must be known then. Issues must include their input.
 */
export function reasonOf(issue: z.core.$ZodIssue, things: "objects" | "resources"): string {
  const value = issue.input;
  if (pulumi.Output.isInstance(value) || value instanceof Promise)
    return `must be known to the program, not an output: it decides which ${things} there are`;
  if (issue.code === "unrecognized_keys") return `has no input ${issue.keys.join(", ")}`;
  return value === undefined ? "is required" : issue.message;
}
