import type { Hold, HoldChoice } from "../model/hold.ts";
import { words } from "../words/index.ts";
import { clock } from "../words/moment.ts";
import type { Holding } from "./useHold.ts";

const t = words.hold;

/** For how long the next wish is to hold. It stands beside its control, as it has to be chosen before. */
export function HoldSelect({ holding, label }: { holding: Holding; label: string }) {
  if (!holding.choices.length) return null;
  return (
    <select className="hold" aria-label={t.label(label)} value={holding.hold} onChange={(e) => holding.choose(e.target.value as Hold)}>
      {holding.choices.map((c) => (
        <option key={c.hold} value={c.hold}>
          {text(c)}
        </option>
      ))}
    </select>
  );
}

function text({ hold, end, tomorrow }: HoldChoice): string {
  if (hold === "good") return t.good;
  if (hold === "hour" || end === null) return t.hour;
  return tomorrow ? t.tomorrow(clock(end).slice(0, 5)) : t.until(clock(end).slice(0, 5));
}
