import type { Plan } from "../../api/types.gen.ts";

export type Document = Plan["document"];

export type Kind = "schedule" | "rule";

/** "Wallbox at night!" -> wallbox_at_night; one that is not taken yet. */
export function newId(name: string, taken: readonly string[], kind: Kind): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "");
  const slug = plain.slice(0, 36).replace(/_+$/, "") || kind;
  let id = slug;
  for (let n = 2; taken.includes(id); n += 1) id = `${slug}_${n}`;
  return id;
}

export const nameIn = (plan: { id: string; document: Document }): string => String(plan.document["name"] ?? plan.id);

/** What a rule does: one action, or several. */
export const actionsOf = ({ then }: Document): string[] => (Array.isArray(then) ? then : [String(then ?? "")]);

export const isEnabled = (plan: { document: Document }): boolean => plan.document["enabled"] !== false;

export function withEnabled(document: Document, on: boolean): Document {
  const { enabled: _, ...rest } = document;
  return on ? rest : { ...rest, enabled: false };
}
