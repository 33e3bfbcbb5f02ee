import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf } from "../src/model/layout.ts";
import { added, averages, axis, extremes, firstKnown, placeOf, spliced, until, withTail, type Buckets, type Past } from "../src/model/series.ts";
import type { Since } from "../src/model/since.ts";
import { dayCharts, pointsOfDay } from "../src/screens/energy/dayCharts.ts";
import { HOUSE } from "./house.ts";

const MINUTE = 60_000;
const series = (values: Array<number | null>, start = 0, step = MINUTE): Buckets => ({
  t: values.map((_, i) => start + i * step), mean: values, min: values, max: values,
});
const past = (s: Record<string, Array<number | null>>, start = 0, step = MINUTE): Past => ({
  step_ms: step, series: Object.fromEntries(Object.entries(s).map(([p, v]) => [p, series(v, start, step)])),
});

test("a gap stays a gap, in sums too", () => {
  const h = past({ a: [1, null, 3], b: [10, 20, 30] });
  assert.deepEqual(added(h, ["a", "b"], axis(h)), [11, null, 33]);
  assert.deepEqual(added(h, [], axis(h)), [null, null, null]);
});

test("a device that was not there yet leaves the sum of the others as it is", () => {
  const h = past({ "a.power": [1, null, 3, 4], "b.power": [null, null, null, 40] });
  const sums = (since: Since) => added(h, ["a.power", "b.power"], axis(h), "mean", since);
  assert.deepEqual(sums({ a: -MINUTE, b: 2 * MINUTE }), [1, null, null, 44]);
  assert.deepEqual(sums({ b: 3.5 * MINUTE }), [1, null, 3, 44], "the bucket in which it came tells of it");
  assert.deepEqual(sums({ a: MINUTE, b: 3 * MINUTE }), [1, null, 3, 44]);
  assert.deepEqual(added(h, ["b.power"], axis(h), "mean", { b: 3 * MINUTE }), [null, null, null, 40], "nothing at all is not zero");
});

test("a newer tail takes the place of the old end", () => {
  const grown = withTail(past({ a: [1, 2, 3] }), past({ a: [9, 4] }, 2 * MINUTE));
  assert.deepEqual(grown.series["a"]?.mean, [1, 2, 9, 4]);
  assert.deepEqual(grown.series["a"]?.t, [0, 1, 2, 3].map((m) => m * MINUTE));
  assert.deepEqual(until(grown, MINUTE + 5).series["a"]?.mean, [1, 2], "what has not begun is not there");
});

test("a stretch that is known more finely is laid into the day", () => {
  const both = spliced(past({ a: [1, 2, 3, 4] }), past({ a: [20, 21, 22, 23] }, MINUTE, MINUTE / 4));
  assert.equal(both.step_ms, MINUTE / 4);
  assert.deepEqual(both.series["a"]?.mean, [1, 20, 21, 22, 23, 3, 4]);
  const coarse = past({ a: [1, 2] });
  assert.equal(spliced(coarse, past({ a: [9] })), coarse, "nothing finer, nothing to lay");
  assert.equal(spliced(coarse, undefined), coarse);
});

test("what is known of a column", () => {
  assert.equal(firstKnown(past({ a: [null, null, 5, 1] })), 2 * MINUTE);
  assert.equal(firstKnown(past({ a: [null] })), undefined);
  assert.deepEqual(extremes([null, 5, 1], [0, 1, 2]), { low: 1, high: 5, highAt: 1, mean: 3 });
  assert.equal(extremes([null], [0]), undefined);
  assert.deepEqual(averages([1, 3, null, 8], [0, 1, 2, 3], 0, 6, 2), [2, 8, null]);
  assert.deepEqual([-1, 0, 15, 99].map((t) => placeOf([0, 10, 20], t)), [-1, 0, 1, 2]);
});

test("the lines of a day: bands only where a bucket hides something, the other day behind", () => {
  const layout = layoutOf(HOUSE);
  const points = pointsOfDay(layout);
  const values = Object.fromEntries(points.map((p) => [p, [1, null, 3]]));
  const scene = { layout, base: "the day before", view: { from: 0, to: 1 }, zone: "UTC", currency: "EUR", since: {} };
  const ghost = past({ "roof.pv_power": [7, 8, 9], "house.consumption": [4, 5, 6] });
  const coarse = dayCharts({ ...scene, past: past(values), ghost });
  assert.deepEqual(coarse.power.lines.map((l) => [l.label, l.ghost ?? false, l.band !== undefined]), [
    ["Solar, the day before", true, false], ["Used, the day before", true, false],
    ["Solar", false, true], ["Used", false, true], ["Grid", false, true], ["Battery", false, true],
  ]);
  assert.deepEqual(coarse.power.lines[1]?.values, [4, 5, 6]);
  const raw = dayCharts({ ...scene, past: past(values, 0, 1000), ghost: undefined });
  assert.ok(raw.power.lines.every((l) => l.band === undefined && l.values[1] === null));
  assert.ok(raw.price?.lines[0]?.stepped);
});
