import type { ReactNode } from "react";
import { words } from "../../words/index.ts";

export interface Row {
  key: number | string;
  head: string;
  cells: string[];
}

interface Props {
  caption: string;
  columns: string[];
  /** What stands before the columns' names. */
  marks?: ReactNode[];
  /** Several bodies when a table is compared with another; each has a title then. */
  bodies: Array<{ title?: string; rows: Row[] }>;
  /** The last column is text. */
  remarks?: boolean;
}

/** The figures of a chart, for those who read rather than look. */
export function Table({ caption, columns, marks = [], bodies, remarks = false }: Props) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table data-remarks={remarks}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((c, i) => (
              <th key={c} scope="col">
                {marks[i]}
                {c}
              </th>
            ))}
          </tr>
        </thead>
        {bodies.map(({ title, rows }, i) => (
          <tbody key={title ?? i}>
            {title && (
              <tr>
                <th scope="rowgroup" colSpan={columns.length}>
                  {title}
                </th>
              </tr>
            )}
            {rows.map((row) => (
              <tr key={row.key}>
                <th scope="row">{row.head}</th>
                {row.cells.map((cell, k) => (
                  <td key={columns[k + 1]}>{cell || words.dash}</td>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** Its name says of which chart, to whoever cannot see what it is below. */
export function TableButton({ title, open, onToggle }: { title: string; open: boolean; onToggle: (open: boolean) => void }) {
  const text = open ? words.energy.hideTable : words.energy.table;
  return (
    <button type="button" className="link" aria-expanded={open} aria-label={`${text}: ${title}`} onClick={() => onToggle(!open)}>
      {text}
    </button>
  );
}
