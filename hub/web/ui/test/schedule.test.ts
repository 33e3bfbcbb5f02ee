import assert from "node:assert/strict";
import { test } from "node:test";
import { devices } from "../src/api/fixtures.gen.ts";
import type { Document } from "../src/screens/plans/document.ts";
import { House } from "../src/screens/plans/points.ts";
import { scheduleDocument, scheduleForm, wholeDay } from "../src/screens/plans/scheduleForm.ts";
import { whenText } from "../src/screens/plans/scheduleText.ts";

const house = new House(devices.devices, "EUR");
const of = (start: unknown, end: unknown): Document => ({ name: "Car", set: "wallbox.mode = fast", days: "daily", start, end }) as Document;

test("every kind of end is written as it was read", () => {
  for (const end of ["08:00", "00:00", "24:00", "24 h", "15 min", "sunset", "sunrise + 30 min", { at: "sunset", not_after: "22:00" }]) {
    const document = of("00:00", end);
    assert.deepEqual(scheduleDocument(scheduleForm(document, house), house), document);
  }
});

test("an end at midnight is one of its own, for which a field of a time has no place", () => {
  const { end } = scheduleForm(of("22:00", { at: "24:00" }), house);
  assert.equal(end.how, "midnight");
  assert.match(end.clock, /^([01]\d|2[0-3]):\d\d$/);
});

test("a whole day is said to end on the next one", () => {
  assert.equal(whenText(of("00:00", "24:00"), house), "Every day, 00:00 to 24:00");
  assert.equal(whenText(of("00:00", "24 h"), house), "Every day, 00:00 for 24\u00a0h");
  assert.equal(whenText(of("07:00", "7:00"), house), "Every day, 07:00 to 07:00 the next day");
  assert.equal(whenText(of("sunset", "sunset"), house), "Every day, sunset to sunset the next day");
  assert.equal(whenText(of("22:00", "06:00"), house), "Every day, 22:00 to 06:00");
  assert.equal(wholeDay(scheduleForm(of("06:00", undefined), house)), false);
});
