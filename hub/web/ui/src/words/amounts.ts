import { isPartial, MARK, type Amount, type Span } from "../model/energy.ts";
import type { Difference } from "../model/compare.ts";
import { number, percent } from "./format.ts";
import { words } from "./index.ts";

const t = words.energy;

/** How an energy came about, most important first: never empty. */
export function remarks(amount: Amount, span: Span, now: number): string[] {
  if (amount.wh === null) return span.start > now ? [] : [span.end > now ? t.trust.yet : t.trust.unknown];
  const has = (mark: number) => (amount.marks & mark) !== 0;
  const said = [
    isPartial(amount, span, now) && t.trust.partly(percent(share(amount, span, now))),
    has(MARK.reset) && t.trust.reset,
    has(MARK.disagree) && t.trust.disagree,
    has(MARK.interpolated) && t.trust.interpolated,
    has(MARK.imported) && t.trust.imported,
    has(MARK.summed) ? t.trust.summed : !amount.marks && t.trust.counted,
  ];
  return said.filter((s) => s !== false);
}

/** Of what has passed of the period, the part that is known. */
const share = (amount: Amount, span: Span, now: number): number =>
  Math.min(99, (100 * amount.known * (span.end - span.start)) / (Math.min(now, span.end) - span.start));

const SAME = 0.5;
const MANY = 300;

/** "12 % less", in a few words. */
export function differs(d: Difference | undefined): string {
  if (!d) return t.compared.unknown;
  return d.percent === null ? t.compared.noneThen : said(d.percent, t.compared);
}

/** "The home used 12 % less than the week before." */
export function differsLong(d: Difference | undefined, base: string): string {
  if (!d || d.percent === null) return t.compared.missing(base);
  const { lessThan: less, moreThan: more, sameAs: same, timesAs: times } = t.compared;
  return t.compared.used(said(d.percent, { less, more, same, times }), base);
}

type Forms = Pick<typeof t.compared, "less" | "more" | "times" | "same">;

function said(change: number, { less, more, times, same }: Forms): string {
  if (Math.abs(change) < SAME) return same;
  if (change >= MANY) return times(number(1 + change / 100));
  return (change < 0 ? less : more)(percent(Math.abs(change)));
}
