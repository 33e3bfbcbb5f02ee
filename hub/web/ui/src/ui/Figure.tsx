import type { ReactNode } from "react";
import type { PointState, Value } from "../api/types.gen.ts";
import { useHubNow } from "../live/clock.ts";
import { usePoint } from "../live/hooks.ts";
import { age } from "../words/format.ts";
import { words } from "../words/index.ts";

interface Props {
  point: string;
  format: (value: Value) => ReactNode;
  className?: string;
  /** Little room: the silence is told by its age alone. */
  short?: boolean;
  /** What it means that there is no value, where that is no silence. */
  none?: string;
}

/** A point's value, or a dash with the age of the silence. Never a number that is not known now. */
export function Figure({ point, format, className = "", short = false, none }: Props) {
  const state = usePoint(point);
  const known = state?.v != null;
  return (
    <span className={`figure ${className}`} data-point={point} data-value={raw(state?.v)}>
      {known ? format(state.v!) : (none ?? <Missing state={state} short={short} />)}
      {known && state.q === "substituted" && <small className="quiet"> {words.age.substituted}</small>}
    </span>
  );
}

export const raw = (value: Value | null | undefined): string => (value == null ? "" : String(value));

function Missing({ state, short }: { state: PointState | undefined; short: boolean }) {
  return (
    <>
      {words.dash}
      <small className="quiet missing">
        {" "}
        {short ? <ShortSilence at={state?.t ?? 0} /> : <Silence at={state?.t ?? 0} invalid={state?.q === "invalid"} />}
      </small>
    </>
  );
}

/** "no answer for 23 s" */
export function Silence({ at, invalid = false }: { at: number; invalid?: boolean }) {
  const now = useHubNow();
  if (!at) return words.age.never;
  return invalid ? words.age.invalid : words.age.noAnswer(age(now - at));
}

/** "23 s"; a screen reader says the rest. */
export function ShortSilence({ at }: { at: number }) {
  const now = useHubNow();
  if (!at) return null;
  const [before, after] = words.age.noAnswer("\n").split("\n");
  return (
    <>
      <span className="unseen">{before}</span>
      {age(now - at)}
      <span className="unseen">{after}</span>
    </>
  );
}
