import { useNavigate } from "@tanstack/react-router";
import { dayName, shift } from "../../model/day.ts";
import { Icon } from "../../ui/Icon.tsx";
import { words } from "../../words/index.ts";

const t = words.energy;

export function DayNav({ date, today }: { date: string | undefined; today: string | undefined }) {
  const navigate = useNavigate();
  const go = (to: string) => void navigate({ to: "/energy", search: to === today ? {} : { day: to } });
  const isToday = date === undefined || date === today;
  return (
    <div className="daynav">
      <button type="button" className="round" aria-label={t.previous} disabled={!date} onClick={() => go(shift(date!, -1))}>
        <Icon name="previous" />
      </button>
      <button type="button" className="round" aria-label={t.next} disabled={isToday} onClick={() => go(shift(date!, 1))}>
        <Icon name="next" />
      </button>
      <p aria-live="polite">
        <strong>{isToday ? t.today : dayName(date, words.locale)}</strong>
        {isToday && date && <span className="quiet"> {dayName(date, words.locale)}</span>}
      </p>
    </div>
  );
}
