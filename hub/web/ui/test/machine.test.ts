import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandAnswer } from "../src/api/types.gen.ts";
import { canUndo, IDLE, next, same, shown, stateName, type Control, type Event } from "../src/control/machine.ts";

const ask = (id: string, wish: boolean): Event => ({ type: "ask", id, wish, reading: !wish, at: 100 });
const answer = (id: string, state: CommandAnswer["state"], applied: boolean | null): Event => ({
  type: "answer", id, answer: { id, state, asked: true, applied, reason: { code: state, numbers: {} }, ms: 12 },
});
const run = (...events: Event[]): Control => events.reduce(next, IDLE);

test("a wish is shown at once, but it is no state of the device until the device says so", () => {
  const sent = run(ask("a", true), { type: "send", id: "a" });
  assert.equal(shown(sent, false, 100), true);
  assert.equal(stateName(sent), "asked");
});

test("confirmed: the device's own reading, and a way back", () => {
  const done = run(ask("a", true), { type: "send", id: "a" }, answer("a", "confirmed", true));
  assert.equal(stateName(done), "confirmed");
  assert.equal(shown(done, false, 100), true, "its answer may be here before its next reading");
  assert.equal(shown(done, false, 200), false, "a newer reading counts more than the answer");
  assert.ok(canUndo(done));
  assert.equal(done.before, false);
});

test("refused and silent: the reading is shown again", () => {
  for (const state of ["refused", "no_answer"] as const) {
    const done = run(ask("a", true), { type: "send", id: "a" }, answer("a", state, state === "refused" ? false : null));
    assert.equal(shown(done, false, 100), false);
    assert.ok(!canUndo(done));
    assert.notEqual(stateName(done), "confirmed");
  }
});

test("a slow device stays asked until its reading shows the wish, or its time is over", () => {
  const waiting = run(ask("a", true), { type: "send", id: "a" }, answer("a", "pending", null));
  assert.equal(stateName(waiting), "asked");
  assert.equal(stateName(next(waiting, { type: "shown", id: "a", reading: true, ms: 4000 })), "confirmed");
  const reason = { code: "no_answer", numbers: {} };
  assert.equal(stateName(next(waiting, { type: "fail", id: "a", reason, silent: true })), "no_answer");
  assert.ok(same(20.4, 20.5, 0.5) && !same(20, 20.5, 0.5) && same("fast", "fast", null));
});

test("an answer to an older wish changes nothing", () => {
  const now = run(ask("a", true), ask("b", false), answer("a", "confirmed", true));
  assert.equal(now.phase, "asked");
  assert.equal(now.id, "b");
});

test("dragging keeps what was before the drag", () => {
  const drag = (id: string, wish: number): Event => ({ type: "ask", id, wish, reading: 20, at: 1 });
  assert.equal(run(drag("a", 21), drag("b", 22), drag("c", 23)).before, 20);
});

test("after its time it is idle again and cannot be undone", () => {
  const rested = run(ask("a", true), { type: "send", id: "a" }, answer("a", "confirmed", true), { type: "rest", id: "a" });
  assert.equal(stateName(rested), "idle");
  assert.ok(!canUndo(rested));
});

test("whatever comes in whatever order, nothing is confirmed without the device", () => {
  const ids = ["a", "b"];
  const events: Event[] = ids.flatMap((id) => [
    ask(id, true), { type: "send", id }, answer(id, "refused", false), answer(id, "no_answer", null),
    { type: "fail", id, reason: { code: "hub_silent", numbers: {} }, silent: true }, { type: "rest", id },
  ]);
  let seed = 1;
  const pick = () => events[(seed = (seed * 48_271) % 2_147_483_647) % events.length]!;
  for (let now = IDLE, i = 0; i < 20_000; i += 1) {
    now = next(now, pick());
    assert.notEqual(stateName(now), "confirmed");
  }
});
