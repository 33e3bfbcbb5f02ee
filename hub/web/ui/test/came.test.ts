import assert from "node:assert/strict";
import { test } from "node:test";
import { decisions, devices } from "../src/api/fixtures.gen.ts";
import type { CommandInfo, ReasonInfo, Value } from "../src/api/types.gen.ts";
import { whatCame } from "../src/control/came.ts";
import { isDriven } from "../src/control/driven.ts";
import { IDLE, type Control } from "../src/control/machine.ts";
import { refusal } from "../src/screens/plans/ahead/refusal.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const of = (id: string) => devices.devices.find((d) => d.id === id)!;
const command = (point: string): CommandInfo => of(point.split(".")[0]!).commands.find((c) => c.point === point)!;
const refused = (code: string, numbers: Record<string, Value>): Control => ({ ...IDLE, phase: "refused", id: "a", reason: { code, numbers } as ReasonInfo });

test("a refusal says values as the control does", () => {
  const came = (point: string, control: Control) => plain(whatCame(control, command(point), false));
  assert.equal(came("heatpump.sg_ready", refused("device_ignored", { reading: 2 })), "refused: the device took the order but still reads Normal");
  assert.equal(came("plug_tv.on", refused("device_ignored", { reading: true })), "refused: the device took the order but still reads On");
  assert.equal(came("wallbox.current_limit", refused("out_of_range", { asked: 40, low: 6, high: 16 })), "refused: 40 A is outside 6 A to 16 A");
  assert.equal(came("wallbox.current_limit", refused("out_of_range", { asked: 3, low: 6 })), "refused: 3 A is too little: 6 A at least");
  assert.equal(came("wallbox.current_limit", refused("out_of_range", { asked: 40, high: 16 })), "refused: 40 A is too much: 16 A at most");
  assert.equal(came("light_hall.brightness", refused("replaced", { value: 60 })), "refused: it was asked for otherwise afterwards: 60 %");
  assert.equal(came("heatpump.sg_ready", refused("between_steps", { asked: 2.5, step: 1 })), "refused: 2.5 is between two steps, which are 1 apart");
});

test("so does one of the days ahead", () => {
  const answer = { id: "a", state: "refused" as const, asked: 40, applied: null, reason: { code: "out_of_range", numbers: { asked: 40, low: 6, high: 16 } }, ms: 1 };
  assert.equal(plain(refusal({ answer }, command("wallbox.current_limit"))), "40 A is outside 6 A to 16 A");
});

test("what a person asked for once is not driven, whether or not its wish is told", () => {
  const once = { ...decisions.decisions[0]!, point: "light_hall.on", source: "person" };
  for (const request of ["", "a"]) assert.ok(!isDriven({ ...decisions, decisions: [{ ...once, request }] }, "light", "light_hall.on", null));
  assert.ok(isDriven({ ...decisions, decisions: [{ ...once, request: "", source: "default" }] }, "light", "light_hall.on", null));
});
