import { age } from "../words/format.ts";
import { words } from "../words/index.ts";
import { moment } from "../words/moment.ts";
import { pointName } from "../words/reasons.ts";
import type { Chapter } from "./story.ts";

export function ChapterView({ chapter, large = false }: { chapter: Chapter; large?: boolean }) {
  return (
    <article className="chapter" data-large={large}>
      <p className="headline">{chapter.headline}</p>
      {chapter.because && <p>{chapter.because}.</p>}
      {chapter.limits.map((limit) => (
        <p key={limit} className="limit">
          {limit}.
        </p>
      ))}
      {chapter.reads && <p>{chapter.reads}.</p>}
      <p className="quiet small">
        <time dateTime={new Date(chapter.t).toISOString()}>{moment(chapter.t, true)}</time>
        {chapter.outcome && (
          <span className="state" data-good={chapter.good}>
            {chapter.outcome}
          </span>
        )}
      </p>
      {large && chapter.inputs.length > 0 && <Inputs inputs={chapter.inputs} />}
    </article>
  );
}

function Inputs({ inputs }: { inputs: Chapter["inputs"] }) {
  const t = words.why;
  return (
    <details>
      <summary>{t.decidedOn(inputs.length)}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.reading}</th>
            <th scope="col">{t.value}</th>
            <th scope="col">{t.age}</th>
          </tr>
        </thead>
        <tbody>
          {inputs.map((input) => (
            <tr key={input.point}>
              <th scope="row">{pointName(input.point)}</th>
              <td>{input.text}</td>
              <td>{age(input.ageMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
