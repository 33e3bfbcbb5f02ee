import { useId, type ReactNode } from "react";
import { plans } from "../../words/plans.ts";
import { withoutPlace } from "./fault.ts";
import type { Group, Named } from "./points.ts";
import type { Length } from "./length.ts";
import type { Fault } from "./usePlans.ts";

/** What is wrong, at the field that it is about. */
export function Wrong({ fault, field, id }: { fault: Fault | undefined; field: string; id?: string }) {
  if (fault?.field !== field) return null;
  return (
    <p className="wrong" role="alert" id={id} data-field={field}>
      {withoutPlace(fault.said)}
    </p>
  );
}

/** A line of the editor: what it is about before it, and the problem under it. */
export function Line({ title, field, fault, children }: { title: string; field?: string; fault?: Fault | undefined; children: ReactNode }) {
  const id = useId();
  return (
    <div className="line" role="group" aria-labelledby={id} data-wrong={fault !== undefined && fault.field === field}>
      <span className="about" id={id}>
        {title}
      </span>
      <div className="fields">{children}</div>
      {field && <Wrong fault={fault} field={field} />}
    </div>
  );
}

export function Select({ label, value, options, onChange }: { label: string; value: string; options: Record<string, string>; onChange: (v: string) => void }) {
  return (
    <select aria-label={label} value={value} onChange={(e) => onChange(e.target.value)}>
      {!(value in options) && <option value={value}>{value || plans.edit.choose}</option>}
      {Object.entries(options).map(([v, text]) => (
        <option key={v} value={v}>
          {text}
        </option>
      ))}
    </select>
  );
}

interface PointProps<T extends Named> {
  label: string;
  value: string;
  groups: Group<T>[];
  also?: Group<Named>;
  onChange: (point: string) => void;
}

/** A point of the house by its name, under its device. */
export function PointSelect<T extends Named>({ label, value, groups, also, onChange }: PointProps<T>) {
  const all: Group<Named>[] = also ? [also, ...groups] : groups;
  const known = all.some((g) => g.points.some((p) => p.point === value));
  return (
    <select className="point" aria-label={label} value={value} onChange={(e) => onChange(e.target.value)}>
      {!known && <option value={value}>{value || plans.edit.choose}</option>}
      {all.map((g) => (
        <optgroup key={g.name} label={g.name}>
          {g.points.map((p) => (
            <option key={p.point} value={p.point}>
              {p.name}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}

interface NumberProps {
  label: string;
  value: string;
  unit: string;
  placeholder?: string;
  low?: number | null;
  high?: number | null;
  step?: number | null;
  onChange: (value: string) => void;
}

export function NumberField({ label, value, unit, placeholder, low, high, step, onChange }: NumberProps) {
  return (
    <span className="amount">
      <input
        type="number"
        aria-label={label}
        value={value}
        placeholder={placeholder}
        min={low ?? undefined}
        max={high ?? undefined}
        step={step ?? "any"}
        inputMode="decimal"
        onChange={(e) => onChange(e.target.value)}
      />
      {unit && <span className="quiet">{unit}</span>}
    </span>
  );
}

export function LengthField({ label, value, units = ["s", "min", "h"], onChange }: { label: string; value: Length; units?: string[]; onChange: (l: Length) => void }) {
  const names = Object.fromEntries([...new Set([...units, value.unit])].map((u) => [u, plans.rules.units[u] ?? u]));
  return (
    <span className="amount">
      <input
        type="number"
        aria-label={`${label}: ${plans.rules.amount.toLowerCase()}`}
        min={0}
        value={value.amount}
        placeholder="0"
        inputMode="decimal"
        onChange={(e) => onChange({ ...value, amount: e.target.value })}
      />
      <Select label={`${label}: ${plans.rules.unit.toLowerCase()}`} value={value.unit} options={names} onChange={(unit) => onChange({ ...value, unit })} />
    </span>
  );
}

export const TimeField = ({ label, value, onChange }: { label: string; value: string; onChange: (v: string) => void }) => (
  <input type="time" aria-label={label} value={value} onChange={(e) => onChange(e.target.value)} />
);

/** Days of the week to be pressed. */
export function Days({ label, value, onChange }: { label: string; value: number[]; onChange: (days: number[]) => void }) {
  const toggle = (d: number) => onChange(value.includes(d) ? value.filter((v) => v !== d) : [...value, d].sort());
  return (
    <span className="chips week" role="group" aria-label={label}>
      {plans.days.map((day, d) => (
        <button key={day} type="button" className="chip" aria-pressed={value.includes(d)} onClick={() => toggle(d)}>
          {day}
        </button>
      ))}
    </span>
  );
}
