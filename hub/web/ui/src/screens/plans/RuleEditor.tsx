import { useEffect, useRef, useState } from "react";
import type { RuleInfo } from "../../api/types.gen.ts";
import { Icon } from "../../ui/Icon.tsx";
import { plans } from "../../words/plans.ts";
import { actionText, firstValue, isNumber } from "./action.ts";
import { ActionFields } from "./ActionFields.tsx";
import { ConditionField } from "./ConditionField.tsx";
import { nameIn, newId, type Document } from "./document.ts";
import { EditorFrame } from "./EditorFrame.tsx";
import { examples } from "./examples.ts";
import { LengthField, Line, NumberField, Select, TimeField, Wrong } from "./Field.tsx";
import { Marked } from "./Marked.tsx";
import type { House } from "./points.ts";
import { Rehearse } from "./Rehearse.tsx";
import { emptyRule, firstCondition, ruleDocument, ruleForm, type RuleForm } from "./ruleForm.ts";
import { RuleSentence } from "./RuleSentence.tsx";
import { useCheck, type Fault } from "./usePlans.ts";

const t = plans.rules;

interface Props {
  house: House;
  plan: RuleInfo | undefined;
  taken: readonly string[];
  names: Record<string, string>;
  onDone: () => void;
}

export function RuleEditor(props: Props) {
  const [start, setStart] = useState<Document | undefined>(props.plan?.document);
  return start ? <Form {...props} start={start} /> : <Beginning house={props.house} onStart={setStart} onDone={props.onDone} />;
}

/** Nobody begins with an empty page. */
function Beginning({ house, onStart, onDone }: { house: House; onStart: (d: Document) => void; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div className="card editor beginning">
      <h3 ref={heading} tabIndex={-1}>
        {t.examples}
      </h3>
      <ul>
        {examples(house).map((e) => (
          <li key={e.id}>
            <button type="button" className="example" onClick={() => onStart(e.document)}>
              <b>{String(e.document["name"])}</b>
              <span className="quiet">{e.does}</span>
            </button>
          </li>
        ))}
      </ul>
      <div className="actions">
        <button type="button" className="plain" onClick={() => onStart(emptyRule(house))}>
          {t.empty}
        </button>
        <button type="button" className="plain" onClick={onDone}>
          {plans.edit.cancel}
        </button>
      </div>
    </div>
  );
}

function Form({ house, plan, taken, names, onDone, start }: Props & { start: Document }) {
  const [form, setForm] = useState(() => ruleForm(start, house));
  const set = (part: Partial<RuleForm>) => setForm((f) => ({ ...f, ...part }));
  const document = ruleDocument(form, house);
  const id = plan?.id ?? newId("new", taken, "rule");
  const checked = useCheck("rule", id, document);
  const { fault } = checked;
  return (
    <EditorFrame
      kind="rule"
      title={plan ? t.editTitle(nameIn(plan)) : t.newTitle}
      plan={plan}
      document={document}
      taken={taken}
      checked={checked}
      name={form.name}
      onName={(name) => set({ name })}
      onDone={onDone}
    >
      <Line title={t.when}>
        <ConditionField label={t.when} field="when" house={house} text={form.when} fault={fault} onChange={(when) => set({ when })} />
      </Line>
      <Line title={t.forLabel} field="for" fault={fault}>
        <LengthField label={t.forLabel} value={form.for} onChange={(length) => set({ for: length })} />
      </Line>
      <Then house={house} form={form} set={set} fault={fault} />
      <While house={house} form={form} set={set} fault={fault} />
      <Until house={house} form={form} set={set} fault={fault} />
      <Fine form={form} set={set} fault={fault} />
      <div className="reads">
        <RuleSentence document={document} house={house} />
      </div>
      <Rehearse id={id} document={document} usable={checked.state !== "bad"} house={house} names={names} />
    </EditorFrame>
  );
}

interface PartProps {
  house: House;
  form: RuleForm;
  set: (part: Partial<RuleForm>) => void;
  fault: Fault | undefined;
}

function Then({ house, form, set, fault }: PartProps) {
  const change = (n: number, a: RuleForm["then"][number]) => set({ then: form.then.map((b, k) => (k === n ? a : b)) });
  const add = () => {
    const used = new Set(form.then.map((a) => a.point));
    const next = house.targets.flatMap((g) => g.points).find((p) => !used.has(p.point));
    if (next) set({ then: [...form.then, firstValue(next.point, house)] });
  };
  return (
    <Line title={t.thenLabel} field="then" fault={fault}>
      {form.then.map((a, n) => (
        <div className="row" key={n}>
          {a.raw === undefined ? (
            <ActionFields label={n ? `${t.thenLabel} ${n + 1}` : t.thenLabel} house={house} action={a} onChange={(b) => change(n, b)} />
          ) : (
            <input className="text" aria-label={t.text(t.thenLabel)} value={a.raw} onChange={(e) => change(n, { ...a, raw: e.target.value })} />
          )}
          {form.then.length > 1 && (
            <button
              type="button"
              className="round"
              aria-label={t.dropThen(house.target(a.point)?.name ?? a.raw ?? a.point)}
              onClick={() => set({ then: form.then.filter((_, k) => k !== n) })}
            >
              <Icon name="close" />
            </button>
          )}
          {!isNumber(a.value) && <Marked text={a.raw ?? actionText(a, house)} fault={fault} field="then" />}
        </div>
      ))}
      <button type="button" className="link" onClick={add}>
        {t.addThen}
      </button>
    </Line>
  );
}

function While({ house, form, set, fault }: PartProps) {
  return (
    <Line title={t.whileLabel}>
      <Select
        label={t.whileLabel}
        value={form.while === undefined ? "when" : "other"}
        options={t.whileKinds}
        onChange={(how) => set({ while: how === "when" ? undefined : firstCondition(house) })}
      />
      {form.while !== undefined && (
        <ConditionField label={t.whileLabel} field="while" house={house} text={form.while} fault={fault} onChange={(text) => set({ while: text })} />
      )}
    </Line>
  );
}

function Until({ house, form, set, fault }: PartProps) {
  const { until } = form;
  const change = (part: Partial<RuleForm["until"]>) => set({ until: { ...until, ...part } });
  return (
    <Line title={t.untilLabel}>
      <Select label={t.untilLabel} value={until.how} options={t.untilKinds} onChange={(how) => change({ how: how as RuleForm["until"]["how"] })} />
      {until.how === "duration" && <LengthField label={t.untilLength} value={until.length} onChange={(length) => change({ length })} />}
      {until.how === "clock" && <TimeField label={t.untilTime} value={until.clock} onChange={(clock) => change({ clock })} />}
      {until.how === "condition" ? (
        <ConditionField label={t.untilLabel} field="until" house={house} text={until.condition} fault={fault} onChange={(condition) => change({ condition })} />
      ) : (
        <Wrong fault={fault} field="until" />
      )}
    </Line>
  );
}

function Fine({ form, set, fault }: Omit<PartProps, "house">) {
  const wrong = ["min_for", "cooldown", "priority"].includes(fault?.field ?? "");
  return (
    <details open={wrong || undefined}>
      <summary>{plans.edit.more}</summary>
      <Line title={t.minFor} field="min_for" fault={fault}>
        <LengthField label={t.minFor} value={form.minFor} onChange={(minFor) => set({ minFor })} />
        <small className="quiet">{t.minForHint}</small>
      </Line>
      <Line title={t.cooldown} field="cooldown" fault={fault}>
        <LengthField label={t.cooldown} value={form.cooldown} onChange={(cooldown) => set({ cooldown })} />
        <small className="quiet">{t.cooldownHint}</small>
      </Line>
      <Line title={t.priority} field="priority" fault={fault}>
        <NumberField label={t.priority} value={form.priority} unit="" placeholder="50" low={0} high={100} step={1} onChange={(priority) => set({ priority })} />
        <small className="quiet">{t.priorityHint}</small>
      </Line>
    </details>
  );
}
