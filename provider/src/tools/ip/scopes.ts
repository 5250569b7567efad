/** rtnetlink's numbers of the scopes, as `ip -N` prints them. */
export const scopes = { global: "0", link: "253", host: "254" } as const;
export type Scope = keyof typeof scopes;
export const scopeNames = Object.keys(scopes) as [Scope, ...Scope[]];
