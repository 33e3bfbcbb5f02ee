import { useState } from "react";
import { Icon } from "../../ui/Icon.tsx";
import { plans } from "../../words/plans.ts";
import { dateText } from "./scheduleText.ts";

const t = plans.schedules;

/** Dates as chips, and three fields to add one: a day, or from one to another of every year. */
export function Dates({ value, onChange }: { value: string[]; onChange: (dates: string[]) => void }) {
  const [first, setFirst] = useState("");
  const [last, setLast] = useState("");
  const [yearly, setYearly] = useState(false);
  const add = () => {
    if (!first) return;
    const text = last ? `${first.slice(5)}..${last.slice(5)}` : yearly ? first.slice(5) : first;
    onChange([...new Set([...value, text])]);
    setFirst("");
    setLast("");
  };
  return (
    <>
      <span className="chips">
        {value.length === 0 && <span className="quiet">{t.noDate}</span>}
        {value.map((d) => (
          <button key={d} type="button" className="chip" aria-label={t.removeDate(dateText(d))} onClick={() => onChange(value.filter((v) => v !== d))}>
            {dateText(d)}
            <Icon name="close" />
          </button>
        ))}
      </span>
      <span className="amount">
        <input type="date" aria-label={t.firstDate} value={first} onChange={(e) => setFirst(e.target.value)} />
        <span className="quiet">{plans.rules.to}</span>
        <input type="date" aria-label={t.lastDate} value={last} onChange={(e) => setLast(e.target.value)} />
      </span>
      <label className="tick">
        <input type="checkbox" checked={yearly || last !== ""} disabled={last !== ""} onChange={(e) => setYearly(e.target.checked)} />
        {t.everyYear}
      </label>
      <button type="button" className="chip" onClick={add}>
        {t.addDate}
      </button>
    </>
  );
}
