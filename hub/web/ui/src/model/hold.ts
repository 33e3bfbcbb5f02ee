import { atClock, dayOf, shift } from "./day.ts";

/** For how long a wish is to hold. */
export type Hold = "good" | "hour" | "tonight" | "morning";

export interface HoldChoice {
  hold: Hold;
  /** UTC ms; null = for good. */
  end: number | null;
  tomorrow: boolean;
}

const HOUR = 3_600_000;
const EVENING = "22:00:00";
const MORNING = "07:00:00";

/** What can be chosen at `now` in the house's zone: only a mode holds for good. */
export function holds(now: number, zone: string, forGood: boolean): HoldChoice[] {
  const today = dayOf(now, zone);
  const evening = atClock(today, EVENING, zone);
  const early = atClock(today, MORNING, zone);
  const tomorrow = early - now < HOUR;
  const choices: HoldChoice[] = [
    { hold: "good", end: null, tomorrow: false },
    { hold: "hour", end: now + HOUR, tomorrow: false },
    { hold: "tonight", end: evening, tomorrow: false },
    { hold: "morning", end: tomorrow ? atClock(shift(today, 1), MORNING, zone) : early, tomorrow },
  ];
  return choices.filter((c) => (c.end === null ? forGood : c.hold === "hour" || c.end - now >= HOUR));
}
