import { useEffect, type RefObject } from "react";
import { found as t } from "../../words/found.ts";
import type { Drafting } from "./useDraft.ts";

/** Why it was not taken in, where no field is to blame. */
export function Failed({ drafting: { taking, faults } }: { drafting: Drafting }) {
  const late = taking?.phase === "failed" && taking.late === true;
  const said = faults[""];
  if (!late && !said) return null;
  return (
    <p className="wrong small" role="alert">
      {late ? t.late : t.refused(said ?? "")}
    </p>
  );
}

type Form = RefObject<HTMLFormElement | null>;

/** To a field that is only just being drawn. */
export const toFirst = (form: Form, which: string): number =>
  requestAnimationFrame(() => form.current?.querySelector<HTMLElement>(which)?.focus());

/** After a refusal the form is there again, and the focus at what is wrong. */
export function useFailureSeen({ taking }: Drafting, form: Form): void {
  const failed = taking?.phase === "failed";
  useEffect(() => {
    if (failed) toFirst(form, "[aria-invalid=true]");
  }, [failed]);
}
