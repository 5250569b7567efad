// In a file without zod: users compile the declarations of this type, and those of zod do not compile with the settings of
// Pulumi's own template.

export type Values = Record<string, unknown>;
