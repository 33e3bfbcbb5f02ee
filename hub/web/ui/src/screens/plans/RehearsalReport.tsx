import type { Rehearsal } from "../../api/types.gen.ts";
import { energy, number } from "../../words/format.ts";
import { words } from "../../words/index.ts";
import { plans } from "../../words/plans.ts";
import { lower, type House } from "./points.ts";
import { HeatCalendar } from "./HeatCalendar.tsx";
import type { Span } from "./span.ts";
import { due, lasting } from "./say.ts";
import { moment } from "../../words/moment.ts";

const t = plans.rehearsal;
const SURE = 0.9;
/** With so little known, figures would say nothing. */
const LEAST = 0.02;
const FLAPS = 6;
const LATEST = 10;

interface Props {
  span: Span;
  found: Rehearsal;
  old: boolean;
  house: House;
  names: Record<string, string>;
}

export function RehearsalReport({ span, found, old, house, names }: Props) {
  const { count, known } = found;
  const nameOf = (point: string) => lower(house.target(point)?.name ?? point);
  return (
    <div className="report" data-old={old} data-span={span}>
      {known < LEAST && <p className="note">{t.unknown(t.span[span]!, share(known))}</p>}
      {count > 0 && <p className="headline">{t.acted(count, t.span[span]!, lasting(found.active_s))}</p>}
      {count === 0 && known >= LEAST && <p className="headline">{t.never(t.span[span]!)}</p>}
      {count > 0 && found.per_day >= 1 && <p>{t.perDay(number(found.per_day, 1))}</p>}
      {count > 0 && known >= LEAST && <Change found={found} house={house} />}
      {known >= LEAST && <p className={known < SURE ? "note" : "quiet small"}>{known < SURE ? t.unsure(share(known)) : t.known(share(known))}</p>}
      {found.unmodelled.length > 0 && <p className="note">{t.unmodelled(words.list(found.unmodelled.map(nameOf)))}</p>}
      {found.most_an_hour > FLAPS && <p className="note">{t.flapping(found.most_an_hour)}</p>}
      {found.clashes.map((c) => (
        <p className="note" key={c.rule + c.point}>
          {t.clash(names[c.rule] ?? c.rule, nameOf(c.point), lasting(c.seconds))}
        </p>
      ))}
      {count > 0 && (
        <>
          <HeatCalendar found={found} span={span} />
          <Latest found={found} />
        </>
      )}
    </div>
  );
}

/** Floors near 0 and 1, so that "100 %" and "0 %" are never said of what is less or more. */
function share(of: number): string {
  const percent = of * 100;
  if (percent > 0 && percent < 0.1) return "less than 0.1\u00a0%";
  return `${number(percent > 99 && percent < 100 ? Math.floor(percent * 10) / 10 : percent, percent < 10 || percent > 99 ? 1 : 0)}\u00a0%`;
}

/** Money and energy against doing nothing, each with its direction in words. */
function Change({ found, house }: { found: Rehearsal; house: House }) {
  const { cost, import_wh, export_wh } = found;
  if (found.unmodelled.length && !cost && !import_wh && !export_wh) return null;
  const about = found.known < SURE || found.unmodelled.length > 0 ? t.about : "";
  const money = about + new Intl.NumberFormat(words.locale, { style: "currency", currency: house.currency || "EUR" }).format(Math.abs(cost));
  const flows: Array<[number, string[]]> = [
    [import_wh, t.imports],
    [export_wh, t.exports],
  ];
  const moved = flows.filter(([wh]) => Math.abs(wh) >= 5);
  return (
    <div className="change">
      <p className="money" data-cost={cost}>
        {Math.abs(cost) < 0.005 ? t.noMoney : cost < 0 ? t.saved(money) : t.costs(money)}
      </p>
      {moved.length === 0 && <p>{t.asMuch}</p>}
      <ul>
        {moved.map(([wh, said]) => (
          <li key={said[0]}>
            {about}
            {energy(Math.abs(wh))} {said[wh > 0 ? 1 : 0]}
          </li>
        ))}
      </ul>
      {found.priced < SURE && <p className="note">{t.unpriced(share(found.priced))}</p>}
      <p className="quiet small">{t.assumed}</p>
    </div>
  );
}

function Latest({ found }: { found: Rehearsal }) {
  const runs = found.runs.slice(-LATEST).reverse();
  return (
    <details>
      <summary>{t.runs(runs.length)}</summary>
      <ol className="runs small">
        {runs.map((r) => (
          <li key={r.start}>{t.run(found.end - r.start < 6 * 86_400_000 ? due(r.start) : moment(r.start), lasting((r.end - r.start) / 1000))}</li>
        ))}
      </ol>
    </details>
  );
}
