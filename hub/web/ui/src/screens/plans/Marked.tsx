import { plans } from "../../words/plans.ts";
import { placeIn } from "./fault.ts";
import type { Fault } from "./usePlans.ts";

/** The text again, with the place that is not understood. */
export function Marked({ text, fault, field }: { text: string; fault: Fault | undefined; field: string }) {
  const place = fault?.field === field ? placeIn(fault.said, text) : undefined;
  if (!place) return null;
  const column = place.before.length + 1;
  return (
    <p className="marked" data-column={column}>
      <span className="unseen">{plans.rules.column(column)}</span>
      {place.before}
      <mark>{place.word}</mark>
      {place.after}
    </p>
  );
}
