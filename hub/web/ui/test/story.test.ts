import assert from "node:assert/strict";
import { test } from "node:test";
import type { JournalRow } from "../src/api/types.gen.ts";
import { chapter } from "../src/why/story.ts";

const ROW: JournalRow = {
  id: 1, t: 0, kind: "write", point: "box.current_limit", request: "", asked: null, value: 9, source: "default", person: "",
  cause: "charge_fast", reason: { code: "charge_fast", numbers: { limit_a: 16 } },
  limits: [{ code: "fuse_limit", numbers: { fuse_a: 35, free_a: 9 } }],
  inputs: [{ point: "grid.power", v: 5200, age_ms: 800 }], state: "confirmed", applied: 9, ms: 41.2, changes: [],
};
const POINTS = new Map([
  ["box.current_limit", { id: "box.current_limit", quantity: "current_limit", unit: "A", kind: "gauge" as const, writable: true }],
  ["grid.power", { id: "grid.power", quantity: "power", unit: "W", kind: "gauge" as const, writable: false }],
]);
const tell = (row: Partial<JournalRow>) => {
  const c = chapter({ ...ROW, ...row }, POINTS);
  return { ...c, headline: c.headline.replaceAll("\u00a0", " ") };
};

test("a decision tells its value, its reason, its limit, its inputs and the answer", () => {
  const c = tell({});
  assert.equal(c.headline, "Set to 9 A");
  assert.match(c.because, /^Fast charging/);
  assert.match(c.limits[0]!, /house fuse/);
  assert.match(c.outcome, /device confirmed, 41/);
  assert.deepEqual(c.inputs.map((i) => i.ageMs), [800]);
});

test("a person's wish names the person", () => {
  const c = tell({ kind: "request", person: "anna", value: 12, reason: { code: "person_asked", numbers: {} }, limits: [], state: "" });
  assert.equal(c.headline, "Anna asked for 12 A");
  assert.equal(c.because, "");
});

test("a refused wish tells what was asked and why not", () => {
  const reason = { code: "out_of_range", numbers: { asked: 99, low: 6, high: 32 } };
  const c = tell({ kind: "request", person: "anna", value: null, asked: 99, reason, limits: [], state: "refused" });
  assert.equal(c.headline, "Anna asked for 99 A");
  assert.match(c.because.replaceAll("\u00a0", " "), /outside 6 A to 32 A/);
  assert.ok(!c.good);
});

test("a link row is told by its reason alone", () => {
  const c = tell({ kind: "link", value: null, reason: { code: "link_lost", numbers: { detail: "timeout" } }, state: "lost", limits: [] });
  assert.equal(c.headline, "The device stopped answering (timeout)");
  assert.equal(c.outcome, "");
});

test("a device that reads something else than it was told is quoted", () => {
  assert.equal(tell({ applied: 6 }).reads.replaceAll("\u00a0", " "), "The device reads 6 A");
  assert.equal(tell({}).reads, "");
});
