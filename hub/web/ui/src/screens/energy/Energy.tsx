import { words } from "../../words/index.ts";
import { BarsCard } from "./BarsCard.tsx";
import { DayView } from "./DayView.tsx";
import { Empty } from "./Empty.tsx";
import { PeriodBar } from "./PeriodBar.tsx";
import { StorageLine } from "./StorageLine.tsx";
import { TopList } from "./TopList.tsx";
import { Totals } from "./Totals.tsx";
import { useFigures, type Figures } from "./useFigures.ts";
import { useHouse, type House } from "./useHouse.ts";
import { usePeriod } from "./usePeriod.ts";

const t = words.energy;

/** Where did it come from, where did it go, and who used it? */
export function Energy() {
  const house = useHouse();
  return (
    <div className="energy">
      <h1>{t.title}</h1>
      {house ? <Chapters house={house} /> : <p className="quiet">{t.loading}</p>}
    </div>
  );
}

function Chapters({ house }: { house: House }) {
  const chosen = usePeriod(house.today, house.zone);
  const figures = useFigures(house, chosen);
  const { period } = chosen;
  const told = toldOf(figures);
  return (
    <>
      <PeriodBar chosen={chosen} />
      <p className={told ? "quiet small" : "unseen"} role="status">
        {told || (!figures.bars && t.loading)}
      </p>
      {figures.nothing ? (
        <Empty chosen={chosen} zone={house.zone} />
      ) : (
        <>
          <Totals figures={figures} chosen={chosen} />
          {period.kind === "day" ? (
            <DayView key={period.first} house={house} chosen={chosen} since={figures.since} />
          ) : (
            <BarsCard key={period.start} figures={figures} chosen={chosen} zone={house.zone} />
          )}
          <TopList figures={figures} />
          <StorageLine />
        </>
      )}
    </>
  );
}

/** Only what a person has to know before reading on. */
function toldOf({ period, step, problem }: Figures): string {
  if (problem) return t[problem];
  return period.kind === "custom" && step === "month" ? t.wholeMonths : "";
}
