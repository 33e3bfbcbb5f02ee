import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { JournalRow } from "../src/api/types.gen.ts";
import { journal } from "../src/api/fixtures.gen.ts";
import { spaced } from "../src/live/spaced.ts";
import { holds } from "../src/model/hold.ts";
import { limitOwner } from "../src/screens/now/limitOwner.ts";

const ZONE = "Europe/Berlin";
const at = (clock: string) => Date.parse(`2026-03-28T${clock}+01:00`);
const told = (clock: string, forGood = true) =>
  holds(at(clock), ZONE, forGood).map((c) => [c.hold, c.end === null ? "" : new Date(c.end).toISOString().slice(5, 16), c.tomorrow]);

test("for how long: tonight and tomorrow morning are local, on the night the clocks change too", () => {
  assert.deepEqual(told("15:00"), [
    ["good", "", false], ["hour", "03-28T15:00", false], ["tonight", "03-28T21:00", false], ["morning", "03-29T05:00", true],
  ]);
});

test("late in the evening there is no tonight; a set-point never holds for good", () => {
  assert.deepEqual(told("21:30", false).map(([hold]) => hold), ["hour", "morning"]);
});

test("at night the morning is today's", () => assert.deepEqual(told("02:00").at(-1), ["morning", "03-28T06:00", false]));

test("many calls are one, and the next one waits", async () => {
  let acts = 0;
  const s = spaced(() => (acts += 1), 5, 60);
  for (let i = 0; i < 10; i++) s.call();
  await sleep(25);
  assert.equal(acts, 1);
  s.call();
  await sleep(15);
  assert.equal(acts, 1);
  await sleep(70);
  assert.equal(acts, 2);
  s.call();
  s.cancel();
  await sleep(80);
  assert.equal(acts, 2);
});

const row = (over: Partial<JournalRow>): JournalRow => ({
  ...journal.rows[0]!, kind: "request", point: "house.import_limit", request: "a", value: 5000, source: "person", person: "anna", state: "", ...over,
});

test("whose a limit is: the newest wish for it that has not ended, else the house's own", () => {
  assert.equal(limitOwner([row({})], 5000, "owner"), "set by Anna");
  assert.equal(limitOwner([row({ person: "owner" })], 5000, "owner"), "set by you");
  assert.match(limitOwner([row({ source: "grid_operator" })], 5000, "owner"), /grid operator/);
  assert.match(limitOwner([row({ state: "ended" }), row({})], 5000, "owner"), /limit of the house/);
  assert.match(limitOwner([row({ value: 9000 })], 5000, "owner"), /limit of the house/);
});
