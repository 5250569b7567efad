// Apart from what needs zod: this type is in the declarations that users compile, and those of zod do not compile as Pulumi's
// own template compiles.

export type Values = Record<string, unknown>;
