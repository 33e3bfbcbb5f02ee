import assert from "node:assert/strict";
import { test } from "node:test";
import { day, dayOf, sameClock, shift, shiftMonths, weekday } from "../src/model/day.ts";
import { barStep, baseOf, daysOf, goesOn, moved, periodOf, searchOf, type Search } from "../src/model/period.ts";
import { barLabel, baseName, periodName } from "../src/words/period.ts";

const ZONE = "Europe/Berlin";
const TODAY = "2026-11-24";
const of = (search: Search) => periodOf(search, TODAY, ZONE);
const range = (search: Search) => [of(search).first, of(search).last];
const hours = (date: string) => (day(date, ZONE).end - day(date, ZONE).start) / 3_600_000;

test("days of 23, 24 and 25 hours", () => {
  assert.deepEqual(["2026-03-29", "2026-06-01", "2026-10-25"].map(hours), [23, 24, 25]);
  assert.equal(new Date(day("2026-07-01", ZONE).start).toISOString(), "2026-06-30T22:00:00.000Z");
  assert.equal(dayOf(Date.parse("2026-12-31T23:30:00Z"), ZONE), "2027-01-01");
});

test("a day whose midnight does not exist begins when it begins", () => {
  assert.equal(new Date(day("2026-04-24", "Africa/Cairo").start).toISOString(), "2026-04-23T22:00:00.000Z");
});

test("days and months on", () => {
  assert.equal(shift("2026-03-01", -1), "2026-02-28");
  assert.deepEqual([shiftMonths("2026-01-31", 1), shiftMonths("2024-02-29", -12), shiftMonths("2026-12-15", 1)], ["2026-02-28", "2023-02-28", "2027-01-15"]);
  assert.deepEqual(["2026-11-23", "2026-11-29"].map(weekday), [0, 6]);
});

test("the same time of day on a day of another length", () => {
  const [spring, normal] = [day("2026-03-29", ZONE), day("2026-03-28", ZONE)];
  const at = (iso: string) => Date.parse(iso);
  assert.equal(sameClock(at("2026-03-28T11:00:00Z"), normal, spring, ZONE), at("2026-03-29T10:00:00Z"), "noon is noon");
  assert.equal(sameClock(at("2026-03-27T23:30:00Z"), normal, spring, ZONE), at("2026-03-28T23:30:00Z"), "before the change");
  assert.equal(sameClock(at("2026-11-23T11:00:00Z"), day("2026-11-23", ZONE), day("2026-11-22", ZONE), ZONE), at("2026-11-22T11:00:00Z"));
});

test("what an address means", () => {
  assert.deepEqual(range({}), [TODAY, TODAY]);
  assert.deepEqual(range({ period: "week" }), ["2026-11-23", "2026-11-29"]);
  assert.deepEqual(range({ period: "month", on: "2024-02-10" }), ["2024-02-01", "2024-02-29"]);
  assert.deepEqual(range({ period: "year", on: "2025-02-10" }), ["2025-01-01", "2025-12-31"]);
  assert.deepEqual(range({ period: "custom" }), ["2026-11-18", TODAY]);
  assert.deepEqual(range({ period: "custom", from: "2026-11-20", to: "2026-11-10" }), ["2026-11-10", "2026-11-20"]);
  assert.deepEqual(range({ period: "day", on: "2027-01-01" }), [TODAY, TODAY], "never the future");
});

test("a long range is whole months, and not endless", () => {
  assert.deepEqual(range({ period: "custom", from: "2026-01-10", to: "2026-05-20" }), ["2026-01-01", "2026-05-31"]);
  assert.ok(daysOf(of({ period: "custom", from: "2001-01-01", to: TODAY })) < 1150);
});

test("an address that somebody wrote by hand", () => {
  assert.deepEqual(searchOf({ period: "decade", on: "2026-11-02", compare: "never" }), { on: "2026-11-02" });
  assert.deepEqual(searchOf({ period: "custom", from: "x", to: "2026-11-02" }), { period: "custom" });
  assert.deepEqual(searchOf({ period: "week", on: "2026-99-99", compare: "year" }), { period: "week", compare: "year" });
});

test("one step back and forth", () => {
  const back = (search: Search) => range(moved(of(search), -1));
  assert.deepEqual(back({ on: "2026-03-01" }), ["2026-02-28", "2026-02-28"]);
  assert.deepEqual(back({ period: "week" }), ["2026-11-16", "2026-11-22"]);
  assert.deepEqual(back({ period: "month" }), ["2026-10-01", "2026-10-31"]);
  assert.deepEqual(back({ period: "year" }), ["2025-01-01", "2025-12-31"]);
  assert.deepEqual(back({ period: "custom", from: "2026-11-11", to: "2026-11-20" }), ["2026-11-01", "2026-11-10"]);
  assert.deepEqual(back({ period: "custom", from: "2026-04-01", to: "2026-06-30" }), ["2026-01-01", "2026-03-31"]);
  assert.deepEqual(range(moved(of({ period: "month", on: "2026-09-10" }), 1)), ["2026-10-01", "2026-10-31"]);
  assert.ok(goesOn(of({ period: "week" }), TODAY) && !goesOn(of({ on: "2026-11-23" }), TODAY));
});

test("what a period is compared with", () => {
  const base = (search: Search, how: "before" | "year") => {
    const found = baseOf(of(search), how, ZONE);
    return [found.first, found.last];
  };
  assert.deepEqual(base({ on: "2026-11-24" }, "year"), ["2025-11-24", "2025-11-24"]);
  assert.deepEqual(base({ period: "week" }, "year"), ["2025-11-24", "2025-11-30"], "Mondays meet Mondays");
  assert.deepEqual(base({ period: "month", on: "2026-03-01" }, "before"), ["2026-02-01", "2026-02-28"]);
  assert.deepEqual(base({ period: "custom", from: "2026-11-11", to: "2026-11-20" }, "year"), ["2025-11-11", "2025-11-20"]);
});

test("bars are hours, days or months", () => {
  assert.deepEqual(
    [{}, { period: "week" }, { period: "month" }, { period: "year" }].map((s) => barStep(of(s as Search))),
    ["hour", "day", "day", "month"],
  );
  assert.equal(barStep(of({ period: "custom", from: "2026-01-01", to: TODAY })), "month");
});

test("periods by name", () => {
  const name = (search: Search) => periodName(of(search)).replaceAll("\u2009", " ");
  assert.equal(name({ on: "2026-11-24" }), "Tuesday, 24 November 2026");
  assert.match(name({ period: "week" }), /^23\W+29 November 2026$/);
  assert.equal(name({ period: "month" }), "November 2026");
  assert.equal(baseName("week", "before"), "the week before");
  const november = of({ period: "month" });
  assert.equal(barLabel({ start: november.start, end: november.end }, november, ZONE), "1");
});
