import assert from "node:assert/strict";
import { test } from "node:test";
import type { Health } from "../src/api/types.gen.ts";
import { told, troubles } from "../src/screens/now/trouble.ts";
import { device } from "./house.ts";

const plug = device("plug_tv", "plug", ["on"]);
const lost = { ...plug, link: { ...plug.link, state: "lost" as const } };

test("a lost device is named once, however often the hub says it", () => {
  const health: Health = { status: "degraded", parts: { core: "ok", devices: "1 of 1 does not answer: plug_tv" } };
  assert.equal(told(troubles([lost], health)).length, 1);
});

test("a part that is wrong is told, one that the house works without is not", () => {
  const parts = { history: "the disk is full", discovery: "discovery off: no network" };
  assert.deepEqual(troubles([plug], { status: "degraded", parts }).parts, [["history", "the disk is full"]]);
  assert.deepEqual(troubles([plug], { status: "ok", parts: { discovery: "discovery off: no network" } }).parts, []);
});
