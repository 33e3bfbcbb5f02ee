import assert from "node:assert/strict";
import { test } from "node:test";
import type { Energy } from "../src/api/types.gen.ts";
import { difference } from "../src/model/compare.ts";
import { barsOf, isPartial, MARK, pointsOfSources, sharesOf, sourcesOf, total, trustOf, type Amount } from "../src/model/energy.ts";
import { layoutOf } from "../src/model/layout.ts";
import { consumersOf, topOf } from "../src/model/top.ts";
import { differs, differsLong, remarks } from "../src/words/amounts.ts";
import { device, HOUSE } from "./house.ts";

const DAY = 86_400_000;
const plain = (text: string) => text.replaceAll("\u00a0", " ");

type Told = Array<number | null>;
const told = (days: number, series: Record<string, { plus: Told; minus?: Told; known?: number[]; marks?: number[]; since?: number | null }>): Energy => ({
  step: "day",
  t: Array.from({ length: days }, (_, i) => i * DAY),
  end: days * DAY,
  series: Object.fromEntries(
    Object.entries(series).map(([point, s]) => [
      point,
      { unit: "Wh", minus: s.plus.map(() => 0), known: s.plus.map((v) => (v === null ? 0 : 1)), marks: s.plus.map(() => 0), since: null, ...s },
    ]),
  ),
});

const SOURCES = sourcesOf(HOUSE, layoutOf(HOUSE));

test("counters where there are some, power where there are none", () => {
  assert.deepEqual(SOURCES.bought?.map((p) => [p.points, p.way]), [[["meter.energy_import"], "plus"], [["meter.power"], "plus"]]);
  assert.deepEqual(SOURCES.sold?.at(-1), { points: ["meter.power"], way: "minus" });
  assert.deepEqual(SOURCES.made, [{ points: ["roof.pv_power"], way: "plus" }], "a hybrid's AC counter is no solar counter");
  assert.deepEqual(SOURCES.charged, [{ points: ["store.power"], way: "minus" }]);
  assert.ok(!pointsOfSources(Object.values(SOURCES)).includes("roof.energy"));
  const two = [device("a", "inverter", ["power", "energy"]), device("b", "inverter", ["power"])];
  assert.deepEqual(sourcesOf(two, layoutOf(two)).made?.map((p) => p.points), [["a.power", "b.power"]], "one counter is not the whole");
});

test("power tells of the days before there was a counter", () => {
  const bars = barsOf(told(2, {
    "meter.energy_import": { plus: [null, 500] },
    "meter.power": { plus: [400, 510], minus: [30, 0], marks: [MARK.summed, MARK.summed] },
  }), SOURCES);
  assert.deepEqual(bars.flows.bought?.map((a) => [a.wh, a.marks]), [[400, MARK.summed], [500, 0]]);
  assert.deepEqual(bars.flows.sold?.map((a) => a.wh), [30, 0]);
  assert.deepEqual(bars.flows.used?.map((a) => a.wh), [null, null], "what nobody knows is not zero");
});

const TWO_ROOFS = [device("a", "inverter", ["power", "energy"]), device("b", "inverter", ["power", "energy"])];
const made = (days: number, series: Parameters<typeof told>[1]) =>
  barsOf(told(days, series), sourcesOf(TWO_ROOFS, layoutOf(TWO_ROOFS))).flows.made?.map((a) => [a.wh, a.known]);

test("a device that was not there yet adds nothing, and takes nothing away from the others", () => {
  const a = { plus: [100, 110, 120], since: -9 * DAY };
  const b = { plus: [null, 20, 50], known: [0, 0.25, 1], since: 1.75 * DAY };
  assert.deepEqual(made(3, { "a.energy": a, "b.energy": b }), [[100, 1], [130, 1], [170, 1]]);
  assert.deepEqual(made(3, { "a.energy": { ...a, known: [1, 0.5, 1] }, "b.energy": b })?.[1], [130, 0.5]);
});

test("a gap in the life of one of several devices stays a gap", () => {
  const a = { plus: [100, 110], since: 0 };
  assert.deepEqual(made(2, { "a.energy": a, "b.energy": { plus: [null, 20], since: -DAY } }), [[null, 0], [130, 1]]);
  assert.deepEqual(made(2, { "a.energy": a, "b.energy": { plus: [null, 20] } })?.[0], [null, 0], "nobody knows since when it is there");
});

test("before any of them was there nothing is known, and the first part of a day stays unknown", () => {
  const series = { "a.energy": { plus: [null, 50], known: [0, 0.5], since: 1.5 * DAY }, "b.energy": { plus: [null, 20], known: [0, 0.25], since: 1.75 * DAY } };
  assert.deepEqual(made(2, series), [[null, 0], [70, 0.5]]);
});

test("a device is there before its counter tells of it", () => {
  const power = { plus: [30, 40], marks: [MARK.summed, MARK.summed], since: -DAY };
  const series = { "a.power": power, "b.power": power, "a.energy": { plus: [31, 41], since: -DAY }, "b.energy": { plus: [null, 42], since: DAY } };
  assert.deepEqual(made(2, series), [[60, 1], [83, 1]]);
});

test("how far a figure can be relied on", () => {
  const span = { start: 0, end: DAY };
  const amount = (known: number, marks: number): Amount => ({ wh: 1, known, marks });
  const trust = (known: number, marks: number, now = 2 * DAY) => trustOf(amount(known, marks), span, now);
  assert.equal(trust(1, 0), "sure");
  assert.deepEqual([trust(1, MARK.summed), trust(1, MARK.imported)], ["derived", "derived"]);
  assert.deepEqual([MARK.interpolated, MARK.reset, MARK.disagree].map((m) => trust(1, m)), ["unsure", "unsure", "unsure"]);
  assert.equal(trust(0.5, 0), "unsure");
  assert.equal(trust(0.5, 0, DAY / 2), "sure", "what has not happened yet is not missing");
  assert.ok(!isPartial(amount(0.49, 0), span, DAY / 2), "the quarter-hour that runs does not count");
});

test("marks in words", () => {
  const span = { start: 0, end: DAY };
  const say = (known: number, marks: number, wh: number | null = 1) => remarks({ wh, known, marks }, span, 2 * DAY).map(plain);
  assert.deepEqual(say(1, 0), ["from its counter"]);
  assert.deepEqual(say(0.87, MARK.summed | MARK.interpolated), ["87 % recorded", "partly estimated", "from power"]);
  assert.deepEqual(say(1, MARK.reset | MARK.disagree | MARK.imported), ["counter was reset", "meters disagree", "from other records"]);
  assert.deepEqual(say(0, 0, null), ["not recorded"]);
  assert.deepEqual([DAY / 2, -1].map((now) => remarks({ wh: null, known: 0, marks: 0 }, span, now)), [["nothing yet"], []]);
});

test("what is not known of hours only is known of the day", () => {
  const { interpolated, openStart, openEnd, summed } = MARK;
  const hours = (...marks: number[]) => {
    const spans = marks.map((_, i) => ({ start: i * DAY, end: (i + 1) * DAY }));
    return total(marks.map((m) => ({ wh: 1, known: 1, marks: m })), spans).marks;
  };
  const [before, between, after] = [interpolated | openEnd, interpolated | openStart | openEnd, interpolated | openStart];
  assert.equal(hours(0, before, between, after, summed), summed);
  assert.equal(hours(0, before), before);
  assert.equal(hours(after, 0), after, "and a week may know it well");
  assert.equal(hours(between), between);
  assert.equal(hours(0, before, interpolated, after), interpolated, "that one is not known itself");
  const two = { "a.energy": { plus: [1], marks: [before] }, "b.energy": { plus: [1], marks: [interpolated] } };
  const both = barsOf(told(1, two), sourcesOf(TWO_ROOFS, layoutOf(TWO_ROOFS))).flows.made!;
  assert.equal(both[0]!.marks, interpolated);
  assert.equal(trustOf({ wh: 1, known: 1, marks: before }, { start: 0, end: DAY }, 2 * DAY), "unsure");
});

test("several periods as one, and the shares of it", () => {
  const bars = barsOf(told(3, {
    "roof.pv_power": { plus: [1000, 1000, null] },
    "house.consumption": { plus: [800, 1200, 700] },
    "meter.energy_import": { plus: [200, 200, null] },
    "meter.energy_export": { plus: [500, 0, 0] },
  }), SOURCES);
  const made = total(bars.flows.made!, bars.spans);
  assert.deepEqual([made.wh, Math.round(made.known * 100)], [2000, 67]);
  assert.deepEqual(sharesOf(bars), { autarky: 80, ownUse: 75 }, "only days on which both are known");
  assert.deepEqual(sharesOf(barsOf(told(1, {}), SOURCES)), { autarky: null, ownUse: null });
});

const run = (wh: Told, hours = wh.map(() => 24)) => {
  let at = 0;
  const spans = hours.map((h) => ({ start: at, end: (at += h * 3_600_000) }));
  return { spans, amounts: wh.map((v) => ({ wh: v, known: v === null ? 0 : 1, marks: 0 })) };
};
const LATER = 100 * DAY;
const percentOf = (d: ReturnType<typeof difference>) => d && d.percent !== null && Math.round(d.percent);

test("equal periods are compared as they are, days of 23 and 25 hours too", () => {
  assert.deepEqual(difference(run([88]), run([100], [25]), LATER)?.why, null);
  assert.equal(percentOf(difference(run([88, 88]), run([100, 100]), LATER)), -12);
});

test("31 days and 30 days are compared by the day", () => {
  const month = (days: number, each: number) => run(Array.from({ length: days }, () => each));
  const d = difference(month(31, 10), month(30, 10), LATER);
  assert.deepEqual([percentOf(d), d?.why, d?.perDay], [0, "length", [10, 10]]);
  assert.equal(difference(month(365, 1), month(366, 1), LATER)?.why, null);
});

test("a period that goes on is compared as far as it has come", () => {
  const now = run([10, 20, 5, null]);
  assert.equal(percentOf(difference(now, run([10, 10, 99, 99]), 2.4 * DAY)), 50);
  assert.equal(difference(now, run([10, 10, 99, 99]), 0.5 * DAY), undefined, "nothing is over yet");
});

test("what is not recorded is neither more nor less", () => {
  const d = difference(run([10, 10, 10, 10]), run([10, null, 10, 10]), LATER);
  assert.deepEqual([percentOf(d), d?.why], [0, "gaps"]);
  assert.equal(difference(run([10, 10, 10]), run([10, null, null]), LATER), undefined);
  assert.equal(difference(run([10]), run([0]), LATER)?.percent, null);
});

test("differences in words", () => {
  const say = (percent: number | null) => plain(differs({ percent, why: null, perDay: [0, 0] }));
  assert.deepEqual([-12, 7.4, 0.2, null, 340].map(say), ["12 % less", "7 % more", "about the same", "none then", "4 times as much"]);
  assert.equal(differs(undefined), "not comparable");
  assert.equal(plain(differsLong({ percent: -12, why: null, perDay: [0, 0] }, "the week before")), "The home used 12 % less than the week before.");
  assert.equal(differsLong(undefined, "a year ago"), "Too little is recorded to compare with a year ago.");
});

const LOADS = [
  ...HOUSE,
  device("tv", "plug", ["power", "energy"]),
  device("grid_meter", "meter", ["power", "energy_import"]),
  device("roof_meter", "meter", ["power", "energy_import"], "roof"),
];

test("consumers are the devices that measure themselves or are measured", () => {
  const found = Object.fromEntries(consumersOf(LOADS).map((c) => [c.id, c.source.map((p) => p.points[0])]));
  assert.deepEqual(found, { box: ["box.power"], pump: ["pump_meter.power"], tv: ["tv.energy", "tv.power"] });
});

test("the list begins with the largest and ends with the rest", () => {
  const energy = told(2, {
    "house.consumption": { plus: [6000, 4000] },
    "box.power": { plus: [2000, 3000] },
    "pump_meter.power": { plus: [500, 500] },
    "tv.energy": { plus: [100, null] },
  });
  const places = topOf(energy, consumersOf(LOADS), SOURCES.used!);
  assert.deepEqual(places.map((p) => [p.id, p.wh, Math.round(p.share * 100)]), [["box", 5000, 50], ["pump", 1000, 10], ["tv", 100, 1], [null, 3900, 39]]);
});

test("what was not there yet is no consumer; what was and is not known is named", () => {
  const energy = told(1, {
    "house.consumption": { plus: [1000] },
    "box.power": { plus: [null], since: DAY },
    "pump_meter.power": { plus: [null], since: 0 },
    "tv.energy": { plus: [100], since: -DAY },
    "tv.power": { plus: [null], since: DAY },
  });
  assert.deepEqual(topOf(energy, consumersOf(LOADS), SOURCES.used!).map((p) => [p.id, p.wh]), [["tv", 100], ["pump", null], [null, 900]]);
});

test("before any of them was there nothing is recorded of all", () => {
  const late = { plus: [null], since: DAY };
  const energy = told(1, { "house.consumption": late, "box.power": late, "pump_meter.power": late, "tv.energy": late });
  assert.deepEqual(topOf(energy, consumersOf(LOADS), SOURCES.used!).map((p) => [p.id, p.wh]), [["box", null], ["pump", null], ["tv", null]]);
});

test("devices that claim more than the home used leave no rest", () => {
  const places = topOf(told(1, { "house.consumption": { plus: [1000] }, "box.power": { plus: [1500] } }), consumersOf(LOADS), SOURCES.used!);
  assert.deepEqual(places.map((p) => [p.id, p.share]), [["box", 1], ["pump", 0], ["tv", 0]]);
});
