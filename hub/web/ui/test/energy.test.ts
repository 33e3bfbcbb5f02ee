import assert from "node:assert/strict";
import { test } from "node:test";
import type { History, Series } from "../src/api/types.gen.ts";
import { day, dayOf, shift } from "../src/model/day.ts";
import { layoutOf } from "../src/model/layout.ts";
import { added, averages, axis, extremes, firstKnown, withTail } from "../src/model/series.ts";
import { countersOf, risen, totalsOf } from "../src/model/totals.ts";
import { HOUSE } from "./house.ts";

const MINUTE = 60_000;
const series = (values: Array<number | null>, start = 0): Series => ({
  t: values.map((_, i) => start + i * MINUTE), mean: values, min: values, max: values, last: values,
});
const history = (s: Record<string, Array<number | null>>): History => ({
  step_ms: MINUTE, series: Object.fromEntries(Object.entries(s).map(([p, v]) => [p, series(v)])),
});

test("days of 23, 24 and 25 hours", () => {
  const hours = (date: string) => {
    const d = day(date, "Europe/Berlin");
    return (d.end - d.start) / 3_600_000;
  };
  assert.deepEqual(["2026-03-29", "2026-06-01", "2026-10-25"].map(hours), [23, 24, 25]);
  assert.equal(new Date(day("2026-07-01", "Europe/Berlin").start).toISOString(), "2026-06-30T22:00:00.000Z");
  assert.equal(dayOf(Date.parse("2026-12-31T23:30:00Z"), "Europe/Berlin"), "2027-01-01");
  assert.equal(shift("2026-03-01", -1), "2026-02-28");
});

test("a gap stays a gap, in sums too", () => {
  const h = history({ a: [1, null, 3], b: [10, 20, 30] });
  assert.deepEqual(added(h, ["a", "b"], axis(h)), [11, null, 33]);
  assert.deepEqual(added(h, [], axis(h)), [null, null, null]);
});

test("a newer tail takes the place of the old end", () => {
  const before = history({ a: [1, 2, 3] });
  const tail = { step_ms: MINUTE, series: { a: series([9, 4], 2 * MINUTE) } };
  assert.deepEqual(withTail(before, tail).series["a"]?.mean, [1, 2, 9, 4]);
  assert.deepEqual(withTail(before, tail).series["a"]?.t, [0, 1, 2, 3].map((m) => m * MINUTE));
});

test("what is known of a column", () => {
  const h = history({ a: [null, null, 5, 1] });
  assert.equal(firstKnown(h), 2 * MINUTE);
  assert.equal(firstKnown(history({ a: [null] })), undefined);
  assert.deepEqual(extremes([null, 5, 1], [0, 1, 2]), { low: 1, high: 5, highAt: 1, mean: 3 });
  assert.equal(extremes([null], [0]), undefined);
  assert.deepEqual(averages([1, 3, null, 8], [0, 1, 2, 3], 0, 6, 2), [2, 8, null]);
});

test("a counter that starts anew takes nothing away", () => assert.equal(risen([100, 150, 20, 30]), 60));

test("totals come from counters where there are some, else from power, and say so", () => {
  const h = history({
    "meter.energy_import": [1000, 1100, 1300], "meter.energy_export": [0, 0, 50],
    "roof.pv_power": [6000, 6000, null], "house.consumption": [600, 600, 600], "store.power": [-1200, 0, 600],
  });
  const totals = totalsOf(HOUSE, layoutOf(HOUSE), h);
  assert.deepEqual(totals.bought, { wh: 300, counted: true });
  assert.deepEqual(totals.sold, { wh: 50, counted: true });
  assert.deepEqual(totals.made, { wh: 200, counted: false }, "a hybrid's AC counter is no solar counter");
  assert.deepEqual(totals.used, { wh: 30, counted: false });
  assert.deepEqual([totals.charged, totals.discharged], [{ wh: 20, counted: false }, { wh: 10, counted: false }]);
  assert.ok(!countersOf(HOUSE).includes("roof.energy"));
});
