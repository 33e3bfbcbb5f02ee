import { useState } from "react";
import { Segment } from "../../ui/Segment.tsx";
import { plans } from "../../words/plans.ts";
import type { ScheduleInfo } from "../../api/types.gen.ts";
import { ActionFields } from "./ActionFields.tsx";
import { Dates } from "./Dates.tsx";
import { EditorFrame } from "./EditorFrame.tsx";
import { Days, LengthField, Line, NumberField, Select, TimeField } from "./Field.tsx";
import { nameIn, newId } from "./document.ts";
import type { House } from "./points.ts";
import { days as daysText } from "./say.ts";
import { stretchText } from "./scheduleText.ts";
import { firstSchedule, scheduleDocument, scheduleForm, wholeDay, type At, type ScheduleForm, type Sun } from "./scheduleForm.ts";
import { useCheck, type Checked, type Fault } from "./usePlans.ts";

const t = plans.schedules;
const QUICK: ReadonlyArray<[string, number[]]> = [
  [plans.daily, [0, 1, 2, 3, 4, 5, 6]],
  [plans.workdays, [0, 1, 2, 3, 4]],
  [plans.weekend, [5, 6]],
];

interface Props {
  house: House;
  plan: ScheduleInfo | undefined;
  taken: readonly string[];
  onDone: () => void;
}

export function ScheduleEditor({ house, plan, taken, onDone }: Props) {
  const [form, setForm] = useState(() => (plan ? scheduleForm(plan.document, house) : firstSchedule(house)));
  const set = (part: Partial<ScheduleForm>) => setForm((f) => ({ ...f, ...part }));
  const document = scheduleDocument(form, house);
  const checked = useCheck("schedule", plan?.id ?? newId("new", taken, "schedule"), document);
  const { fault } = checked;
  return (
    <EditorFrame
      kind="schedule"
      title={plan ? t.editTitle(nameIn(plan)) : t.newTitle}
      plan={plan}
      document={document}
      taken={taken}
      checked={checked}
      name={form.name}
      onName={(name) => set({ name })}
      onDone={onDone}
    >
      <Line title={t.what} field="set" fault={fault}>
        <ActionFields label={t.what} house={house} action={form.action} onChange={(action) => set({ action })} />
      </Line>
      <When form={form} set={set} fault={fault} />
      <Line title={t.start} field="start" fault={fault}>
        <AtFields label={t.start} value={form.start} kinds={["clock", "sunrise", "sunset"]} kind={form.start.kind} onKind={(kind) => set({ start: { ...form.start, kind: kind as Sun } })} onChange={(at) => set({ start: { ...form.start, ...at } })} />
      </Line>
      <End form={form} set={set} fault={fault} />
      <details open={fault?.field === "holidays" || undefined}>
        <summary>{plans.edit.more}</summary>
        <Line title={t.holidays} field="holidays" fault={fault}>
          <Select label={t.holidays} value={form.holidays} options={t.holidayKinds} onChange={(holidays) => set({ holidays })} />
        </Line>
        <Line title={t.missed} field="on_missed" fault={fault}>
          <Select label={t.missed} value={form.missed} options={t.missedKinds} onChange={(missed) => set({ missed })} />
        </Line>
      </details>
      <Coming checked={checked} />
    </EditorFrame>
  );
}

interface PartProps {
  form: ScheduleForm;
  set: (part: Partial<ScheduleForm>) => void;
  fault: Fault | undefined;
}

function When({ form, set, fault }: PartProps) {
  return (
    <Line title={t.when} field={form.by} fault={fault}>
      <Segment
        label={t.when}
        value={form.by}
        options={[
          { value: "days", text: t.byDays },
          { value: "dates", text: t.byDates },
        ]}
        onChange={(by) => set({ by })}
      />
      {form.by === "dates" ? (
        <Dates value={form.dates} onChange={(dates) => set({ dates })} />
      ) : (
        <>
          <Days label={t.days} value={form.days} onChange={(days) => set({ days })} />
          <span className="chips">
            {QUICK.map(([text, days]) => (
              <button key={text} type="button" className="chip" aria-pressed={days.join() === form.days.join()} onClick={() => set({ days })}>
                {text}
              </button>
            ))}
          </span>
          <span className="unseen" role="status">
            {daysText(form.days)}
          </span>
        </>
      )}
    </Line>
  );
}

function End({ form, set, fault }: PartProps) {
  const { end } = form;
  const kind = end.how === "at" ? end.kind : end.how;
  const onKind = (k: string) => set({ end: k === "midnight" || k === "for" || k === "next" ? { ...end, how: k } : { ...end, how: "at", kind: k as Sun } });
  return (
    <Line title={t.end} field="end" fault={fault}>
      <AtFields label={t.end} value={end} kinds={["clock", "midnight", "sunrise", "sunset", "for", "next"]} kind={kind} onKind={onKind} onChange={(at) => set({ end: { ...end, ...at } })} />
      {wholeDay(form) && <span className="quiet">{t.nextDay}</span>}
      {end.how === "for" && <LengthField label={t.length} value={end.length} units={["min", "h"]} onChange={(length) => set({ end: { ...end, length } })} />}
    </Line>
  );
}

interface AtProps {
  label: string;
  value: At;
  kinds: string[];
  kind: string;
  onKind: (kind: string) => void;
  onChange: (at: Partial<At>) => void;
}

function AtFields({ label, value, kinds, kind, onKind, onChange }: AtProps) {
  const sign = value.offset < 0 ? "-" : "+";
  const bySun = kind === "sunrise" || kind === "sunset";
  return (
    <>
      {bySun && (
        <span className="amount">
          <NumberField label={t.offset(label)} value={String(Math.abs(value.offset))} unit="" low={0} high={720} onChange={(n) => onChange({ offset: Number(n) * (sign === "-" ? -1 : 1) })} />
          <Select label={t.direction(label)} value={sign} options={t.directions} onChange={(s) => onChange({ offset: Math.abs(value.offset || 30) * (s === "-" ? -1 : 1) })} />
        </span>
      )}
      <Select label={t.kind(label)} value={kind} options={Object.fromEntries(kinds.map((k) => [k, t.kinds[k]!]))} onChange={onKind} />
      {kind === "clock" && <TimeField label={t.time(label)} value={value.clock} onChange={(clock) => onChange({ clock })} />}
      {bySun && (
        <span className="amount">
          <span className="quiet">{t.notBeforeShort}</span>
          <TimeField label={t.notBefore(label)} value={value.low} onChange={(low) => onChange({ low })} />
          <span className="quiet">{t.notAfterShort}</span>
          <TimeField label={t.notAfter(label)} value={value.high} onChange={(high) => onChange({ high })} />
        </span>
      )}
    </>
  );
}

/** When it would be due, as the hub reckons it. */
function Coming({ checked }: { checked: Checked }) {
  const { accepted, state } = checked;
  if (!accepted || state === "bad") return null;
  return (
    <div className="coming">
      <h4>{t.dueTitle}</h4>
      {accepted.next.length === 0 ? (
        <p>{t.dueNever}</p>
      ) : (
        <ul data-due="true">
          {accepted.next.slice(0, 4).map((s) => (
            <li key={s.start}>{stretchText(s)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
