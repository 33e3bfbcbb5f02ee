/** The stretch of time that a chart shows, UTC ms. */
export interface View {
  from: number;
  to: number;
}

/** A minute of seconds is the closest look: each second is some pixels wide then. */
const LEAST_MS = 60_000;

const clamp = (v: number, low: number, high: number): number => Math.min(high, Math.max(low, v));

/** `factor` below 1 comes closer; the moment `at` stays where it is. Nothing outside `whole` is shown. */
export function zoomed(view: View, factor: number, at: number, whole: View): View {
  const before = view.to - view.from;
  const width = clamp(before * factor, Math.min(LEAST_MS, before), whole.to - whole.from);
  const from = at - (at - view.from) * (width / before);
  return within({ from, to: from + width }, whole);
}

export const panned = (view: View, ms: number, whole: View): View => within({ from: view.from + ms, to: view.to + ms }, whole);

/** What was marked with the mouse; a mark too narrow to be meant shows the least there is. */
export function marked(a: number, b: number, whole: View): View {
  const [from, to] = a < b ? [a, b] : [b, a];
  const air = Math.max(0, LEAST_MS - (to - from)) / 2;
  return within({ from: from - air, to: to + air }, whole);
}

/** As it stands in the address: two moments, UTC seconds. */
export const viewText = ({ from, to }: View): string => `${Math.round(from / 1000)}-${Math.round(to / 1000)}`;

/** What an address says of `whole`; nothing if that is all of it, or none. */
export function viewIn(text: string | undefined, whole: View): View | undefined {
  const [from, to] = (text ?? "").split("-").map((s) => Number(s) * 1000);
  if (!from || !to || to <= from || to <= whole.from || from >= whole.to) return undefined;
  const view = marked(Math.max(from, whole.from), Math.min(to, whole.to), whole);
  return isWhole(view, whole) ? undefined : view;
}

/** Moved as far as the moment `t` needs to be seen. */
export const showing = (view: View, t: number, whole: View): View =>
  t < view.from ? panned(view, t - view.from, whole) : t > view.to ? panned(view, t - view.to, whole) : view;

function within(view: View, whole: View): View {
  const width = Math.min(view.to - view.from, whole.to - whole.from);
  const from = Math.round(clamp(view.from, whole.from, whole.to - width));
  return { from, to: Math.round(from + width) };
}

export const isWhole = (view: View, whole: View): boolean => view.from <= whole.from && view.to >= whole.to;

/** While the recording is young its few minutes are shown: a span that doubles, so that few questions are asked. */
export function youngView(first: number, now: number, whole: View): View | undefined {
  const age = now - first;
  if (age > 2 * 3_600_000) return undefined;
  let span = 600_000;
  while (span < age) span *= 2;
  return within({ from: first, to: first + span }, whole);
}

const SPANS_S = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600];
const MOST_ROWS = 32;

/** How long a row of the table is, for a table that is still read: hours of a day, seconds of half a minute. */
export const rowSpan = (view: View, stepMs: number): number => {
  const fits = SPANS_S.map((s) => s * 1000).filter((ms) => ms >= stepMs);
  return fits.find((ms) => (view.to - view.from) / ms <= MOST_ROWS) ?? 3_600_000;
};
