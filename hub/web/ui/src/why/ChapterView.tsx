import { words } from "../words/index.ts";
import { moment } from "../words/moment.ts";
import { Inputs } from "./Inputs.tsx";
import type { Chapter } from "./story.ts";

interface Props {
  chapter: Chapter;
  large?: boolean;
  /** Shows what was decided at the chapter's time. */
  onPick?: (t: number) => void;
}

export function ChapterView({ chapter, large = false, onPick }: Props) {
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
        <When t={chapter.t} onPick={onPick} />
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

function When({ t, onPick }: { t: number; onPick: Props["onPick"] }) {
  const text = <time dateTime={new Date(t).toISOString()}>{moment(t, true)}</time>;
  if (!onPick) return text;
  return (
    <button type="button" className="when" aria-label={words.why.showAt(moment(t, true))} onClick={() => onPick(t)}>
      {text}
    </button>
  );
}
