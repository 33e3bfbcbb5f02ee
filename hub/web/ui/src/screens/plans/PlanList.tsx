import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import type { Topic } from "../../control/kind.ts";
import { WhyButton } from "../../control/WhyButton.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { words } from "../../words/index.ts";
import { plans } from "../../words/plans.ts";
import { isEnabled, nameIn, withEnabled, type Kind } from "./document.ts";
import { saidOf, useSaving, type Kept } from "./usePlans.ts";

const t = plans.list;

interface Props<P extends Kept> {
  kind: Kind;
  title: string;
  add: string;
  none: string;
  plans: P[] | undefined;
  item: (plan: P) => ReactNode;
  /** What it asks something of now; none while it is not in force. */
  topics: (plan: P) => readonly Topic[];
  editor: (plan: P | undefined, done: () => void) => ReactNode;
}

/** Plans of one kind: each with its switch, its editor in its place, and its way out and back. */
export function PlanList<P extends Kept>({ kind, title, add, none, plans: listed, item, topics, editor }: Props<P>) {
  const heading = useId();
  const [open, setOpen] = useState<string | null>(null);
  const [removed, setRemoved] = useState<Kept | null>(null);
  const { save, drop } = useSaving(kind);
  const box = useRef<HTMLElement>(null);
  const before = useRef<string | null>(null);
  // The button that opened the editor is drawn again when it closes, and has the focus then.
  useEffect(() => {
    if (open === null && before.current !== null) box.current?.querySelector<HTMLElement>(`[data-opens="${before.current}"]`)?.focus();
    before.current = open;
  }, [open]);

  const edit = (id: string) => {
    setRemoved(null);
    setOpen(id);
  };
  const done = () => setOpen(null);
  const removeIt = (plan: P) => drop.mutate(plan, { onSuccess: () => setRemoved({ id: plan.id, document: plan.document }) });
  const undo = () => removed && save.mutate(removed, { onSuccess: () => setRemoved(null) });
  const failed = drop.error ?? save.error;

  return (
    <section className="plan-list" aria-labelledby={heading} ref={box}>
      <div className="spread">
        <h2 id={heading}>{title}</h2>
        {open !== "" && (
          <button type="button" className="plain" data-opens="" onClick={() => edit("")}>
            {add}
          </button>
        )}
      </div>
      {removed && <Removed name={nameIn(removed)} onUndo={undo} />}
      {failed && (
        <p className="wrong" role="alert">
          {t.failed(saidOf(failed))}
        </p>
      )}
      {open === "" && editor(undefined, done)}
      {listed?.length === 0 && open !== "" && <p className="card quiet">{none}</p>}
      <ul>
        {listed?.map((plan) => (
          <li key={plan.id} data-plan={plan.id}>
            {open === plan.id ? (
              editor(plan, done)
            ) : (
              <article className="card plan" data-enabled={isEnabled(plan)}>
                {item(plan)}
                <Switch label={t.enabled(nameIn(plan))} on={isEnabled(plan)} known onChange={(on) => save.mutate({ id: plan.id, document: withEnabled(plan.document, on) })} />
                <div className="buttons">
                  <button type="button" className="link" data-opens={plan.id} aria-label={t.editNamed(nameIn(plan))} onClick={() => edit(plan.id)}>
                    {t.edit}
                  </button>
                  <button type="button" className="link" aria-label={t.removeNamed(nameIn(plan))} onClick={() => removeIt(plan)}>
                    {t.remove}
                  </button>
                  <Why topics={topics(plan)} name={nameIn(plan)} />
                </div>
              </article>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const Why = ({ topics, name }: { topics: readonly Topic[]; name: string }) =>
  topics.length > 0 && (
    <WhyButton topics={topics} name={name} className="link">
      {words.devices.whyShort}
    </WhyButton>
  );

function Removed({ name, onUndo }: { name: string; onUndo: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <div className="card wish removed" role="status">
      <p>{t.removed(name)}</p>
      <button type="button" className="undo" ref={button} onClick={onUndo}>
        {t.undo}
      </button>
    </div>
  );
}
