import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceInfo } from "../src/api/types.gen.ts";
import { devices } from "../src/api/fixtures.gen.ts";
import { outcome } from "../src/screens/devices/restarted.ts";
import { House } from "../src/screens/plans/points.ts";

test("what became of a restart is told as the charger told it", () => {
  const reason = (code: string, numbers = {}) => ({ code, numbers });
  assert.match(outcome({ state: "confirmed", reason: reason("confirmed") }), /accepted/);
  assert.match(outcome({ state: "pending", reason: reason("taken_not_shown") }), /has not yet/);
  assert.match(outcome({ state: "pending", reason: reason("pending") }), /takes its time/);
  assert.match(outcome({ state: "no_answer", reason: reason("no_answer") }), /did not answer/);
  const refused = outcome({ state: "refused", reason: reason("device_refused", { detail: "the charger says: Rejected" }) });
  assert.match(refused, /said no.*Rejected/);
});

test("no rule and no schedule is offered a restart", () => {
  const charger = devices.devices.find((d) => d.role === "charger")!;
  const command = { ...charger.commands[0]!, point: `${charger.id}.restart`, low: null, high: null, choices: ["soft", "hard"] };
  const able: DeviceInfo = { ...charger, commands: [...charger.commands, command] };
  const house = new House([able], "EUR");
  assert.equal(house.target(command.point), undefined);
  assert.equal(house.targets[0]!.points.length, charger.commands.length);
});
