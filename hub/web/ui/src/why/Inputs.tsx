import { age } from "../words/format.ts";
import { words } from "../words/index.ts";
import { pointName } from "../words/reasons.ts";

const t = words.why;

/** The readings that a decision was made on; how old they were is told where it is known. */
export function Inputs({ inputs }: { inputs: ReadonlyArray<{ point: string; text: string; ageMs?: number }> }) {
  const aged = inputs.some((i) => i.ageMs !== undefined);
  return (
    <details>
      <summary>{t.decidedOn(inputs.length)}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.reading}</th>
            <th scope="col">{t.value}</th>
            {aged && <th scope="col">{t.age}</th>}
          </tr>
        </thead>
        <tbody>
          {inputs.map((input) => (
            <tr key={input.point}>
              <th scope="row">{pointName(input.point)}</th>
              <td>{input.text}</td>
              {aged && <td>{input.ageMs === undefined ? words.dash : age(input.ageMs)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
