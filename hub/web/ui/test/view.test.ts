import assert from "node:assert/strict";
import { test } from "node:test";
import { ticksOf } from "../src/model/ticks.ts";
import { isWhole, marked, panned, rowSpan, showing, youngView, zoomed, viewIn, viewText } from "../src/model/view.ts";

const HOUR = 3_600_000;
const DAY = { from: 0, to: 24 * HOUR };

test("zooming keeps the moment below the pointer", () => {
  assert.deepEqual(zoomed(DAY, 0.5, 6 * HOUR, DAY), { from: 3 * HOUR, to: 15 * HOUR });
  assert.deepEqual(zoomed({ from: 3 * HOUR, to: 15 * HOUR }, 2, 6 * HOUR, DAY), DAY);
});

test("neither closer than a minute nor outside the day", () => {
  const close = zoomed({ from: HOUR, to: HOUR + 90_000 }, 0.1, HOUR, DAY);
  assert.equal(close.to - close.from, 60_000);
  assert.ok(isWhole(zoomed({ from: HOUR, to: 2 * HOUR }, 1000, HOUR, DAY), DAY));
  assert.deepEqual(panned({ from: HOUR, to: 2 * HOUR }, -3 * HOUR, DAY), { from: 0, to: HOUR });
  assert.deepEqual(panned(DAY, HOUR, DAY), DAY);
});

test("a mark with the mouse, from either side", () => {
  assert.deepEqual(marked(5 * HOUR, 2 * HOUR, DAY), { from: 2 * HOUR, to: 5 * HOUR });
  const least = marked(HOUR, HOUR + 10_000, DAY);
  assert.equal(least.to - least.from, 60_000);
});

test("the view goes along with the cursor", () => {
  const view = { from: 2 * HOUR, to: 4 * HOUR };
  assert.equal(showing(view, 3 * HOUR, DAY), view);
  assert.deepEqual(showing(view, 5 * HOUR, DAY), { from: 3 * HOUR, to: 5 * HOUR });
});

test("a young recording is shown in spans that double", () => {
  const span = (age: number) => {
    const view = youngView(HOUR, HOUR + age, DAY);
    return view && (view.to - view.from) / 60_000;
  };
  assert.deepEqual([60_000, 11 * 60_000, 119 * 60_000, 3 * HOUR].map(span), [10, 20, 160, undefined]);
});

test("a table that can still be read", () => {
  assert.equal(rowSpan(DAY, 120_000), HOUR);
  assert.equal(rowSpan({ from: 0, to: 30_000 }, 1000), 1000);
  assert.equal(rowSpan({ from: 0, to: 60_000 }, 300_000), 300_000, "never finer than what is known");
});

test("ticks are round and hold everything", () => {
  assert.deepEqual(ticksOf(-34_000, 48_000, 6), [-40_000, -20_000, 0, 20_000, 40_000, 60_000]);
  assert.deepEqual(ticksOf(0, 0, 5)[0], 0);
});

test("what an address says of a day", () => {
  const whole = { from: 1_700_006_400_000, to: 1_700_092_800_000 };
  const view = { from: 1_700_010_000_000, to: 1_700_013_600_000 };
  assert.equal(viewText(view), "1700010000-1700013600");
  assert.deepEqual(viewIn(viewText(view), whole), view);
  assert.deepEqual(viewIn("1700013600-1700010000", whole), undefined);
  assert.deepEqual(viewIn("1600000000-1700013600", whole), { from: whole.from, to: view.to });
  assert.equal(viewIn("1700010000-1700010001", whole)!.to - viewIn("1700010000-1700010001", whole)!.from, 60_000);
  for (const nothing of [undefined, "", "x-y", "5", "1-2", "1900000000-1900000060", viewText(whole)]) assert.equal(viewIn(nothing, whole), undefined);
});
