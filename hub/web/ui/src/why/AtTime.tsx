import { useState, type FormEvent } from "react";
import { hubNow } from "../live/clock.ts";
import { atClock, dayOf } from "../model/day.ts";
import { words } from "../words/index.ts";
import { clock, zoneName } from "../words/moment.ts";

const t = words.why;

/** A clock time of today, to see what was decided then. */
export function AtTime({ onPick }: { onPick: (t: number) => void }) {
  const [future, setFuture] = useState(false);

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const asked = String(new FormData(event.currentTarget).get("clock") ?? "");
    const at = atClock(dayOf(hubNow(), zoneName()), asked, zoneName());
    setFuture(at > hubNow());
    if (at <= hubNow()) onPick(at);
  }

  return (
    <form className="elsewhen" onSubmit={submit}>
      <input type="time" name="clock" step="1" required aria-label={t.clock} defaultValue={clock(hubNow())} />
      <button type="submit" className="plain">
        {t.show}
      </button>
      <p role="alert" className="small">
        {future && t.future}
      </p>
    </form>
  );
}
