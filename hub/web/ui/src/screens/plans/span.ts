/** How many days a rule is rehearsed on. */
export const SPANS = [30, 365] as const;
export type Span = (typeof SPANS)[number];
