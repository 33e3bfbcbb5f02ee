import { useEffect, useId, useRef, type FormEvent, type ReactNode } from "react";
import { plans } from "../../words/plans.ts";
import { newId, type Document, type Kind } from "./document.ts";
import { Line } from "./Field.tsx";
import { saidOf, useSaving, type Checked, type Kept } from "./usePlans.ts";

const t = plans.edit;
const OWN_FIELDS = ["id", "name", "enabled"];

interface Props {
  kind: Kind;
  title: string;
  plan: Kept | undefined;
  document: Document;
  taken: readonly string[];
  checked: Checked;
  name: string;
  onName: (name: string) => void;
  onDone: () => void;
  children: ReactNode;
}

/** What both editors have: a title, a name, the state of the check, Save and Cancel. Escape cancels nothing by accident. */
export function EditorFrame({ kind, title, plan, document, taken, checked, name, onName, onDone, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  const { save } = useSaving(kind);
  useEffect(() => heading.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (checked.state === "bad" || save.isPending) return;
    save.mutate({ id: plan?.id ?? newId(String(document["name"]), taken, kind), document }, { onSuccess: onDone });
  };
  return (
    <form className="card editor" aria-labelledby={id} onSubmit={submit} noValidate data-editor={kind}>
      <h3 id={id} ref={heading} tabIndex={-1}>
        {title}
      </h3>
      {children}
      <Line title={t.name} field="name" fault={checked.fault}>
        <input className="name" aria-label={t.name} value={name} maxLength={60} placeholder={String(document["name"])} onChange={(e) => onName(e.target.value)} />
        {!name && <small className="quiet">{t.nameHint}</small>}
      </Line>
      <div className="actions">
        <button type="submit" className="primary" disabled={checked.state === "bad"}>
          {t.save}
        </button>
        <button type="button" className="plain" onClick={onDone}>
          {t.cancel}
        </button>
        <p className="verdict small" role="status" data-state={checked.state}>
          <span aria-hidden={checked.state === "checking"}>{verdict(checked)}</span>
        </p>
      </div>
      {save.error && (
        <p className="wrong" role="alert">
          {t.notSaved(saidOf(save.error))}
        </p>
      )}
    </form>
  );
}

function verdict({ state, fault }: Checked): string {
  if (state === "checking") return t.checking;
  if (state === "silent") return t.unreachable;
  return state === "good" ? t.good : fault && OWN_FIELDS.includes(fault.field) ? fault.said : "";
}
