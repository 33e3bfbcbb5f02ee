import assert from "node:assert/strict";
import { test } from "node:test";
import type { PointState } from "../src/api/types.gen.ts";
import { backOff, Sequence } from "../src/live/sequence.ts";
import { LiveStore } from "../src/live/store.ts";

const good = (v: number, t = 1): PointState => ({ v, t, q: "good" });
const stale = (t = 1): PointState => ({ v: null, t, q: "stale" });

test("only those who listen to a changed point are called, once each", () => {
  const store = new LiveStore();
  const calls: string[] = [];
  store.subscribe(["a"], () => calls.push("a"));
  store.subscribe(["b", "c"], () => calls.push("bc"));
  store.merge({ b: good(1), c: good(2) });
  store.merge({ b: good(1) });
  assert.deepEqual(calls, ["bc"]);
});

test("who has left hears nothing", () => {
  const store = new LiveStore();
  const calls: number[] = [];
  store.subscribe(["a"], () => calls.push(1))();
  store.merge({ a: good(1) });
  assert.deepEqual(calls, []);
});

test("a full state forgets what is not in it", () => {
  const store = new LiveStore();
  store.merge({ a: good(1), b: good(2) });
  store.replace({ b: good(3) });
  assert.equal(store.point("a"), undefined);
  assert.equal(store.point("b")?.v, 3);
});

test("a point that goes silent is told", () => {
  const store = new LiveStore();
  let told = 0;
  store.merge({ a: good(1) });
  store.onQuality(() => (told += 1));
  store.merge({ a: good(2, 2) });
  assert.equal(told, 0);
  store.merge({ a: stale(2) });
  store.merge({ a: good(3, 3) });
  assert.equal(told, 2);
});

test("a gap in the numbers does not fit, and only a full state mends it", () => {
  const points = {};
  const s = new Sequence();
  assert.ok(!s.fits({ type: "change", seq: 1, points }), "nothing before a state");
  assert.ok(s.fits({ type: "state", seq: 0, points }));
  assert.ok(s.fits({ type: "change", seq: 1, points }));
  assert.ok(!s.fits({ type: "change", seq: 3, points }));
  assert.ok(!s.fits({ type: "change", seq: 4, points }));
  assert.ok(s.fits({ type: "state", seq: 0, points }));
});

test("tries come ever more slowly, but never stop", () => assert.deepEqual([0, 1, 4, 99].map(backOff), [500, 1000, 8000, 10_000]));
