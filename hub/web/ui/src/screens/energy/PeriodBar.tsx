import { useEffect, useState } from "react";
import { BASES, goesOn, KINDS, moved, type Base } from "../../model/period.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Segment } from "../../ui/Segment.tsx";
import { baseName, periodName } from "../../words/period.ts";
import { words } from "../../words/index.ts";
import { asKind, type Chosen } from "./usePeriod.ts";

const t = words.energy;
const KIND_OPTIONS = KINDS.map((value) => ({ value, text: t.kinds[value] }));

/** Which stretch of time all figures of the screen are of, and what they are compared with. */
export function PeriodBar({ chosen }: { chosen: Chosen }) {
  const { period, today, compare, go } = chosen;
  const { kind } = period;
  const current = goesOn(period, today);
  const keep = compare && { compare };
  return (
    <div className="period">
      <Segment label={t.period} value={kind} options={KIND_OPTIONS} onChange={(k) => go({ ...asKind(k, chosen), ...keep })} />
      <div className="pager">
        <button type="button" className="round" aria-label={t.previous[kind]} onClick={() => go({ ...moved(period, -1), ...keep })}>
          <Icon name="previous" />
        </button>
        <p aria-live="polite">
          {current && t.current[kind] && <strong>{t.current[kind]} </strong>}
          <span>{periodName(period)}</span>
        </p>
        <button type="button" className="round" aria-label={t.next[kind]} disabled={current} onClick={() => go({ ...moved(period, 1), ...keep })}>
          <Icon name="next" />
        </button>
      </div>
      <div className="tools">
        {kind === "custom" ? <Range chosen={chosen} /> : <On chosen={chosen} />}
        {kind !== "custom" && (
          <button type="button" className="pill" disabled={current} onClick={() => go({ period: kind, ...keep })}>
            {t.today}
          </button>
        )}
        <label className="pill choice">
          <span>{t.compare}</span>
          {compare && <b>{t.short[compare]}</b>}
          <Icon name="next" />
          <select aria-label={t.compare} value={compare ?? ""} onChange={(e) => go({ ...asKind(kind, chosen), ...baseIn(e.target.value) })}>
            <option value="">{t.nothing}</option>
            {BASES.filter((base) => base === "before" || kind !== "year").map((base) => (
              <option key={base} value={base}>
                {baseName(kind, base)}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}

const baseIn = (value: string): { compare?: Base } => {
  const compare = BASES.find((b) => b === value);
  return compare ? { compare } : {};
};

/** Any day of the period that is wanted. */
function On({ chosen: { period, today, compare, go } }: { chosen: Chosen }) {
  const pick = (on: string) => go({ period: period.kind, on, ...(compare && { compare }) });
  return <DateField hidden label={t.date} value={goesOn(period, today) ? today : period.first} max={today} onPick={pick} />;
}

function Range({ chosen: { period, today, compare, go } }: { chosen: Chosen }) {
  const last = period.last < today ? period.last : today;
  const pick = (from: string, to: string) => go({ period: "custom", from, to, ...(compare && { compare }) });
  return (
    <>
      <DateField label={t.from} value={period.first} max={today} onPick={(from) => pick(from, last)} />
      <DateField label={t.to} value={last} max={today} onPick={(to) => pick(period.first, to)} />
    </>
  );
}

const OLDEST = "2000-01-01";

interface DateProps {
  label: string;
  /** Whether the label is only read out. */
  hidden?: boolean;
  value: string;
  max: string;
  onPick: (date: string) => void;
}

/** The browser's own date field; a year that is still being typed is not gone to. */
function DateField({ label, hidden = false, value, max, onPick }: DateProps) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const change = (date: string) => {
    setDraft(date);
    if (date >= OLDEST && date <= max) onPick(date);
  };
  return (
    <label className="pill">
      <span className={hidden ? "unseen" : undefined}>{label}</span>
      <input type="date" value={draft} min={OLDEST} max={max} onChange={(e) => change(e.target.value)} />
    </label>
  );
}
