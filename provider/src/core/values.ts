// In a file without zod: users compile the declarations of this type, and those of zod do not compile with the settings of
// Pulumi's own template.

export type Values = Record<string, unknown>;

/** Without the keys that have no value, such as those of inputs that were taken away. */
export function withoutUndefined(values: object): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
