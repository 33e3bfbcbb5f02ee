import type { useWhatIf } from "./useAhead.ts";
import { ahead as t, givenUpText, money } from "../../../words/ahead.ts";
import { saidOf } from "../usePlans.ts";

/** What a change would cost, once it is worked out. */
export function Reckoned({ answer, asked, currency }: { answer: ReturnType<typeof useWhatIf>; asked: string; currency: string }) {
  const told = answer.isPending ? undefined : answer.data;
  return (
    <div role="status" className="answer">
      {answer.isPending && <p className="quiet">{t.reckoning}</p>}
      {answer.isError && <p>{saidOf(answer.error)}</p>}
      {told && (
        <>
          <p>
            <strong>{asked}</strong>: {verdict(told.difference, currency)}
          </p>
          <p className="quiet small">{t.moved(told.import_kwh, told.export_kwh)}</p>
          {told.given_up.map((g) => (
            <p key={g.wish + g.device}>{givenUpText(g)}</p>
          ))}
        </>
      )}
    </div>
  );
}

function verdict(difference: number, currency: string): string {
  if (Math.abs(difference) < 0.005) return t.same;
  return difference > 0 ? t.dearer(money(difference, currency)) : t.cheaper(money(-difference, currency));
}
