import { useRef, useState } from "react";
import { post } from "../../api/client.ts";
import type { Rehearsal } from "../../api/types.gen.ts";
import { hubNow } from "../../live/clock.ts";
import { Segment } from "../../ui/Segment.tsx";
import { plans } from "../../words/plans.ts";
import type { Document } from "./document.ts";
import type { House } from "./points.ts";
import { RehearsalReport } from "./RehearsalReport.tsx";
import { SPANS, type Span } from "./span.ts";
import { saidOf } from "./usePlans.ts";

const t = plans.rehearsal;

interface Tried {
  text: string;
  found: Partial<Record<Span, Rehearsal>>;
  busy: boolean;
  failed: string;
}

interface Props {
  id: string;
  document: Document;
  usable: boolean;
  house: House;
  names: Record<string, string>;
}

/** What the rule would have done: asked of the hub for a month, which is quick, and then for a year. */
export function Rehearse({ id, document, usable, house, names }: Props) {
  const [tried, setTried] = useState<Tried>();
  const [span, setSpan] = useState<Span>(30);
  const text = JSON.stringify(document);
  const latest = useRef(0);

  const run = async () => {
    if (!usable || tried?.busy) return;
    const turn = ++latest.current;
    let now: Tried = { text, found: {}, busy: true, failed: "" };
    const tell = (part: Partial<Tried>) => {
      now = { ...now, ...part };
      if (turn === latest.current) setTried(now);
    };
    tell({});
    setSpan(30);
    try {
      const end = hubNow();
      for (const days of SPANS) {
        const found = await post<Rehearsal>(`/rules/${id}/rehearse`, { document, start: end - days * 86_400_000, end });
        tell({ found: { ...now.found, [days]: found } });
      }
      tell({ busy: false });
    } catch (error) {
      tell({ busy: false, failed: saidOf(error) });
    }
  };

  const found = tried?.found[span];
  return (
    <section className="rehearsal" aria-label={t.title}>
      {!tried && <p className="quiet">{t.offer}</p>}
      <button type="button" className="plain" aria-disabled={!usable || tried?.busy} onClick={() => void run()}>
        {tried ? t.again : t.button}
      </button>
      <p role="status" className="quiet small">
        {tried?.busy ? (tried.found[30] ? t.yearBusy : t.busy) : ""}
        {tried && !tried.busy && tried.text !== text ? t.stale : ""}
      </p>
      {tried?.failed && (
        <p className="wrong" role="alert">
          {t.failed(tried.failed)}
        </p>
      )}
      {tried?.found[365] && (
        <Segment label={t.spanLabel} value={String(span)} options={SPANS.map((s) => ({ value: String(s), text: t.spans[s]! }))} onChange={(s) => setSpan(Number(s) as Span)} />
      )}
      {found && <RehearsalReport key={span} span={span} found={found} old={tried?.text !== text} house={house} names={names} />}
    </section>
  );
}
