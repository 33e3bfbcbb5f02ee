import { useState } from "react";
import { Icon } from "../../ui/Icon.tsx";
import { plans } from "../../words/plans.ts";
import { read, write, type Comparable, type Joint, type Row, type Rows, type Sign } from "./condition.ts";
import { Days, NumberField, PointSelect, Select, TimeField, Wrong } from "./Field.tsx";
import { Marked } from "./Marked.tsx";
import type { House } from "./points.ts";
import { stateText } from "./say.ts";
import type { Fault } from "./usePlans.ts";

const t = plans.rules;
const CLOCK = ["time", "days", "sun.up", "holiday"] as const;

interface Props {
  label: string;
  field: string;
  house: House;
  text: string;
  fault: Fault | undefined;
  onChange: (text: string) => void;
}

/** One condition in two views: rows to pick from, and the text of the language that they write. */
export function ConditionField({ label, field, house, text, fault, onChange }: Props) {
  const [rows, setRows] = useState<Rows | undefined>(() => read(text, house.reading));
  const shown = read(text, house.reading);
  const change = (next: Rows) => {
    setRows(next);
    onChange(write(next));
  };
  return (
    <div className="condition" data-wrong={fault?.field === field}>
      {rows ? (
        <RowList label={label} house={house} rows={rows} onChange={change} />
      ) : (
        <Text label={label} field={field} text={text} fault={fault} onChange={onChange} />
      )}
      <Wrong fault={fault} field={field} id={`${field}-wrong`} />
      <button
        type="button"
        className="link"
        aria-disabled={!rows && !shown}
        onClick={() => (rows ? setRows(undefined) : shown && setRows(shown))}
      >
        {rows ? t.asText : shown ? t.asRows : fault?.field === field ? t.notYet : t.onlyText}
      </button>
    </div>
  );
}

function Text({ label, field, text, fault, onChange }: Omit<Props, "house">) {
  const wrong = fault?.field === field;
  return (
    <>
      <textarea
        className="text"
        aria-label={t.text(label)}
        aria-invalid={wrong}
        aria-describedby={wrong ? `${field}-wrong` : undefined}
        rows={2}
        spellCheck={false}
        autoCapitalize="off"
        value={text}
        onChange={(e) => onChange(e.target.value)}
      />
      <Marked text={text} fault={fault} field={field} />
    </>
  );
}

// -- rows ---------------------------------------------------------------------------------------------------------------

function RowList({ label, house, rows, onChange }: { label: string; house: House; rows: Rows; onChange: (rows: Rows) => void }) {
  const set = (n: number, row: Row) => onChange({ ...rows, rows: rows.rows.map((r, k) => (k === n ? row : r)) });
  const drop = (n: number) => onChange({ ...rows, rows: rows.rows.filter((_, k) => k !== n) });
  return (
    <>
      {rows.rows.map((row, n) => (
        <div className="row" key={n}>
          {n > 0 && (
            <Select label={t.row(label, n + 1, t.joint)} value={rows.joint} options={t.joints} onChange={(joint) => onChange({ ...rows, joint: joint as Joint })} />
          )}
          <RowFields label={(part) => t.row(label, n + 1, part)} house={house} row={row} onChange={(r) => set(n, r)} />
          {rows.rows.length > 1 && (
            <button type="button" className="round" aria-label={t.dropRow(n + 1)} onClick={() => drop(n)}>
              <Icon name="close" />
            </button>
          )}
        </div>
      ))}
      <button type="button" className="link" onClick={() => onChange({ ...rows, rows: [...rows.rows, { kind: "time", from: "10:00", to: "16:00" }] })}>
        {t.addRow}
      </button>
    </>
  );
}

interface RowProps<R extends Row = Row> {
  label: (part: string) => string;
  house: House;
  row: R;
  onChange: (row: Row) => void;
}

function RowFields(props: RowProps) {
  const { row, label, house, onChange } = props;
  const what = "point" in row ? row.point : row.kind === "flag" ? row.flag : row.kind;
  const clock = { name: t.clockGroup, points: CLOCK.map((c) => ({ point: c, name: t.clock[c]! })) };
  return (
    <>
      <PointSelect label={label(t.kind)} value={what} groups={house.readings} also={clock} onChange={(p) => p !== what && onChange(firstRow(p, house))} />
      <RowValue {...props} />
    </>
  );
}

function RowValue({ row, label, house, onChange }: RowProps) {
  switch (row.kind) {
    case "number": {
      const unit = row.unit.replace("degC", "°C").replace("cur", house.currency);
      return (
        <>
          <Select label={label(t.comparison)} value={row.sign} options={t.signs} onChange={(sign) => onChange({ ...row, sign: sign as Sign })} />
          <NumberField label={label(t.value)} value={row.value} unit={unit} onChange={(value) => onChange({ ...row, value })} />
          <span className="amount band">
            <span className="quiet" aria-hidden="true">
              {t.bandHint}
            </span>
            <NumberField label={label(t.band)} value={row.band} unit={unit} low={0} placeholder="0" onChange={(band) => onChange({ ...row, band })} />
          </span>
        </>
      );
    }
    case "word":
      return (
        <>
          <Select label={label(t.comparison)} value={String(row.equal)} options={t.equals} onChange={(equal) => onChange({ ...row, equal: equal === "true" })} />
          <Word label={label(t.state)} house={house} row={row} onChange={onChange} />
        </>
      );
    case "time":
      return (
        <span className="amount">
          <TimeField label={label(t.from)} value={row.from} onChange={(from) => onChange({ ...row, from })} />
          <span className="quiet">{t.to}</span>
          <TimeField label={label(t.to)} value={row.to} onChange={(to) => onChange({ ...row, to })} />
        </span>
      );
    case "days":
      return <Days label={label(t.clock["days"]!)} value={row.days} onChange={(days) => days.length && onChange({ ...row, days })} />;
    case "flag":
      return (
        <Select
          label={label(t.state)}
          value={row.is ? "0" : "1"}
          options={{ 0: t.flags[row.flag]![0], 1: t.flags[row.flag]![1] }}
          onChange={(k) => onChange({ ...row, is: k === "0" })}
        />
      );
  }
}

function Word({ label, house, row, onChange }: { label: string; house: House; row: Extract<Row, { kind: "word" }>; onChange: (row: Row) => void }) {
  const reading = house.reading(row.point);
  const words = reading?.kind === "switch" ? ["on", "off"] : (reading?.words ?? []);
  const names = Object.fromEntries(words.map((w) => [w, stateText(row.point, w, house)]));
  return <Select label={label} value={row.value} options={names} onChange={(value) => onChange({ ...row, value })} />;
}

function firstRow(what: string, house: House): Row {
  if (what === "time") return { kind: "time", from: "22:00", to: "06:00" };
  if (what === "days") return { kind: "days", days: [0, 1, 2, 3, 4] };
  if (what === "sun.up" || what === "holiday") return { kind: "flag", flag: what, is: true };
  const reading = house.reading(what);
  const compared: Comparable["kind"] = reading?.kind ?? "number";
  if (compared !== "number") return { kind: "word", point: what, equal: true, value: compared === "switch" ? "on" : (reading?.words[0] ?? "") };
  return { kind: "number", point: what, sign: ">", value: what === "house.surplus" ? "1500" : "", unit: reading?.writes ?? "", band: "" };
}
