import assert from "node:assert/strict";
import { test } from "node:test";
import { calmSentence, type Figures } from "../src/words/calm.ts";

const say = (grid: Figures["grid"], solar: Figures["solar"], battery: Figures["battery"], consumption: Figures["consumption"]) =>
  calmSentence({ grid, solar, battery, consumption }).replaceAll("\u00a0", " ");

const CASES: Array<[what: string, said: string, expected: string]> = [
  ["sun to spare", say(-700, 3000, 0, 2300), "Sending 0.7 kW to the grid. Solar covers everything at home."],
  ["sun and battery", say(10, 500, 700, 1210), "In balance with the grid. Solar and battery cover everything at home."],
  ["night on the battery", say(0, 0, 400, 400), "In balance with the grid. The battery covers everything at home."],
  ["night on the grid", say(800, 0, 0, 800), "Taking 0.8 kW from the grid. Everything at home runs on grid power."],
  ["clouds", say(1000, 1000, 0, 2000), "Taking 1.0 kW from the grid. Solar covers 50 % of what the home uses."],
  ["both and the grid", say(1000, 500, 500, 2000), "Taking 1.0 kW from the grid. Solar and battery cover 50 % of what the home uses."],
  ["meter lost", say(null, 3000, 0, null), "The grid meter does not answer."],
  ["inverter lost", say(500, null, 0, null), "Taking 0.5 kW from the grid. The solar inverter does not answer."],
  ["no meter", say(undefined, 100, undefined, undefined), "No grid meter is set up yet."],
  ["no solar at all", say(500, undefined, undefined, 500), "Taking 0.5 kW from the grid. Everything at home runs on grid power."],
];

for (const [what, said, expected] of CASES) test(what, () => assert.equal(said, expected));
