import { useId, useState, type MouseEvent } from "react";
import { useRaw } from "../../api/queries.ts";
import type { RawReading, Value } from "../../api/types.gen.ts";
import { found } from "../../words/found.ts";
import "../../styles/sheets.css";
import { copyText } from "./copy.ts";

const t = found.raw;

/** What the device's own wire said last, again and again while it is open. */
export function RawValues({ device }: { device: string }) {
  const { data, isError } = useRaw(device);
  const [filter, setFilter] = useState("");
  const id = useId();
  if (!data) return <p className="quiet">{isError ? t.failed : t.loading}</p>;
  if (!data.length) return <p>{t.none}</p>;
  const wanted = filter.trim().toLowerCase();
  const rows = data.filter((r) => `${r.code} ${told(r.value)} ${r.unit}`.toLowerCase().includes(wanted));
  return (
    <div className="raw">
      <p className="small quiet">{t.lead}</p>
      <div className="field">
        <label htmlFor={id}>{t.filter}</label>
        <input id={id} type="search" value={filter} autoCapitalize="none" spellCheck={false} onChange={(e) => setFilter(e.target.value)} />
      </div>
      <div className="above">
        <p className="small quiet" role="status">
          {t.count(rows.length, data.length)}
        </p>
        <Copy rows={rows} />
      </div>
      {isError && <p className="wrong small">{t.failed}</p>}
      <table>
        <thead>
          <tr>
            <th scope="col">{t.code}</th>
            <th scope="col">{t.value}</th>
            <th scope="col">{t.unit}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r, i) => (
            <tr key={`${r.code} ${i}`}>
              <th scope="row">{r.code}</th>
              <td>{told(r.value)}</td>
              <td>{r.unit}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Copy({ rows }: { rows: RawReading[] }) {
  const [came, setCame] = useState("");
  const copy = async (event: MouseEvent<HTMLElement>) => {
    const text = rows.map((r) => [r.code, told(r.value), r.unit].join("\t").trimEnd()).join("\n");
    setCame((await copyText(text, event.currentTarget)) ? t.copied : t.notCopied);
  };
  return (
    <span className="copy">
      <span className="small quiet" role="status">
        {came}
      </span>
      <button type="button" className="textual" onClick={(e) => void copy(e)}>
        {t.copy}
      </button>
    </span>
  );
}

/** As the wire has it, but for the noise of a double's last digits. */
const told = (value: Value): string => (typeof value === "number" ? String(Number(value.toPrecision(12))) : String(value));
