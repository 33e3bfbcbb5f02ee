import assert from "node:assert/strict";
import { test } from "node:test";
import { lineWidth } from "../src/model/flow.ts";
import { layoutOf } from "../src/model/layout.ts";
import { spokesOf } from "../src/model/spokes.ts";
import { device, HOUSE, reader } from "./house.ts";

const NOW = {
  "meter.power": -700, "roof.power": 2950, "roof.pv_power": 4000, "store.power": -1000, "box.power": 0,
  "pump_meter.power": 1200, "house.consumption": 2250, "house.unexplained": 0,
};
const kinds = (values: Record<string, number | null>, devices = HOUSE) =>
  Object.fromEntries(spokesOf(layoutOf(devices), reader(values)).map((s) => [s.kind, s]));

test("spokes come from roles: panels on the DC side, the heat pump's own meter, and the rest of the use", () => {
  const spokes = kinds(NOW);
  assert.deepEqual(spokes["solar"]?.points, ["roof.pv_power"]);
  assert.deepEqual(spokes["heat"]?.points, ["pump_meter.power"]);
  assert.equal(spokes["grid"]?.watts, -700);
  assert.equal(spokes["heat"]?.watts, -1200);
  assert.equal(spokes["other"]?.watts, -(2250 - 1200));
});

test("a spoke with a missing part is not known, and as old as that part", () => {
  const spokes = kinds({ ...NOW, "pump_meter.power": null });
  assert.equal(spokes["heat"]?.watts, null);
  assert.equal(spokes["heat"]?.at, 500);
  assert.equal(spokes["other"]?.watts, null, "what else is used cannot be told without it");
});

test("unexplained power shows only above 100 W and 5 %", () => {
  assert.equal(kinds({ ...NOW, "house.unexplained": -90 })["unexplained"], undefined);
  assert.equal(kinds({ ...NOW, "house.unexplained": -110 })["unexplained"], undefined, "under 5 % of 2250 W");
  assert.equal(kinds({ ...NOW, "house.unexplained": -300 })["unexplained"]?.watts, 300);
});

test("a battery without its own power is told by its inverter", () => {
  const devices = [device("roof", "inverter", ["power", "battery_power"]), device("store", "battery", ["soc"], "roof")];
  assert.deepEqual(layoutOf(devices).battery, ["roof.battery_power"]);
});

test("a house with nothing in it has no spokes", () => assert.deepEqual(spokesOf(layoutOf([]), reader({})), []));

test("line widths grow with the square root and stay in bounds", () => {
  assert.equal(lineWidth(10), 1.5);
  assert.ok(lineWidth(4000) / lineWidth(1000) > 1.9);
  assert.equal(lineWidth(50_000), 9);
});
