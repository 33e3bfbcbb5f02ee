import { useMemo, useRef, useState } from "react";
import { useDevices, useJournal } from "../api/queries.ts";
import type { PointInfo } from "../api/types.gen.ts";
import { quantityOf, subject, type Topic } from "../control/kind.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Segment } from "../ui/Segment.tsx";
import { deviceName } from "../words/format.ts";
import { words } from "../words/index.ts";
import { moment } from "../words/moment.ts";
import { AtTime } from "./AtTime.tsx";
import { ChapterView } from "./ChapterView.tsx";
import { Holding } from "./Holding.tsx";
import { ModeList } from "./ModeList.tsx";
import { driven, related } from "./related.ts";
import { chapter } from "./story.ts";

const t = words.why;
const ROWS = 30;
/** A wish has its effect in the step after it. */
const EFFECT_MS = 1_000;

export default function Why({ topics, onClose }: { topics: readonly Topic[]; onClose: () => void }) {
  const [picked, pick] = useState("");
  const topic = topics.find((x) => x.command.point === picked) ?? topics[0]!;
  const one = new Set(topics.map((x) => x.device.id)).size < topics.length;
  const options = topics.map((x) => ({ value: x.command.point, text: one ? subject(x) : deviceName(x.device.id) }));
  return (
    <Dialog title={t.title(subject(topic))} onClose={onClose}>
      {topics.length > 1 && <Segment label={t.which} options={options} value={topic.command.point} onChange={pick} />}
      <Answer key={topic.command.point} {...topic} />
    </Dialog>
  );
}

/** What holds and what would have to change; the same at another time; and all that happened before, newest first. */
function Answer({ device, command }: Topic) {
  const points = usePointInfos();
  const [at, setAt] = useState<number>();
  const top = useRef<HTMLElement>(null);
  const asked = related(device, command.point);
  const journal = useJournal([...asked, device.id]);
  const rows = (journal.data ?? []).slice(0, ROWS);
  const show = (time: number | undefined) => {
    setAt(time);
    top.current?.focus();
  };
  return (
    <>
      <section className="holding" ref={top} tabIndex={-1} aria-live="polite">
        <div className="spread">
          <h3 className="quiet small">{at === undefined ? t.now : t.at(moment(at, true))}</h3>
          {at !== undefined && (
            <button type="button" className="when small" onClick={() => show(undefined)}>
              {t.back}
            </button>
          )}
        </div>
        <Holding device={device} point={driven(device, command.point)} asked={asked} points={points} at={at} />
      </section>
      {quantityOf(command.point) === "mode" && <ModeList device={device} command={command} />}
      <section>
        <h3 className="quiet small">{t.elsewhen}</h3>
        <AtTime onPick={show} />
      </section>
      <section>
        <h3 className="quiet small">{t.history}</h3>
        <ol className="chapters">
          {rows.map((row) => (
            <li key={row.id}>
              <ChapterView chapter={chapter(row, points, device.role)} onPick={(time) => show(row.kind === "request" ? time + EFFECT_MS : time)} />
            </li>
          ))}
        </ol>
        {rows.length === 0 && <p className="quiet">{journal.isPending ? t.loading : t.none}</p>}
      </section>
    </>
  );
}

function usePointInfos(): ReadonlyMap<string, PointInfo> {
  const devices = useDevices().data;
  return useMemo(() => new Map(devices?.flatMap((d) => d.points.map((p) => [p.id, p]))), [devices]);
}
