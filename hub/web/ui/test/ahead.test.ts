import assert from "node:assert/strict";
import { test } from "node:test";
import { area, blocksOf, lanesOf, scale, stepAt, stepped, type PlanStep } from "../src/model/ahead.ts";
import { doingText, givenUpText, highestText, marginalText, money } from "../src/words/ahead.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const H = 3_600_000;
const step = (i: number, car: number): PlanStep => ({
  start: i * H,
  grid_w: car + 300,
  load_w: 300,
  pv_w: 0,
  buy: 0.28,
  sell: 0.08,
  price: 0.28,
  binds: "import_price",
  cost: 0.1,
  nothing: 0.1,
  at_once: 0.2,
  devices: {
    wallbox: { power_w: car, why: { code: car ? "charges_cheap" : "waits_cheaper", turns_at: 0.3, until: (i + 1) * H } },
    battery: { power_w: 0, why: { code: "waits_dearer", turns_at: 0.31 }, soc: 50 },
  },
});
const steps = [step(0, 0), step(1, 4000), step(2, 4000), step(3, 0), step(4, 2000)];

test("a device's work is told in stretches with their energy", () => {
  const blocks = blocksOf(steps, "wallbox", H);
  assert.deepEqual(blocks.map((b) => [b.from / H, b.to / H, b.wh, b.at]), [[1, 3, 8000, 1], [4, 5, 2000, 4]]);
  assert.deepEqual(blocksOf(steps, "nobody", H), []);
});

test("batteries are told from what can wait", () => {
  assert.deepEqual(lanesOf(steps, (d) => d === "battery"), { batteries: ["battery"], flexible: ["wallbox"] });
});

test("a heat pump has a lane, and its reasons come with prices and warmth", () => {
  const warm = (code: string, power_w: number): PlanStep => ({ ...step(0, 0), devices: { heatpump: { power_w, why: { code }, room_c: 21.26, tank_c: 48 } } });
  const heating = [warm("warms_cheap", 2000), { ...warm("warms_sun", 1000), start: H }, { ...warm("warm_enough", 0), start: 2 * H }];
  assert.deepEqual(lanesOf(heating, () => false).flexible, ["heatpump"]);
  assert.deepEqual(blocksOf(heating, "heatpump", H).map((b) => [b.from / H, b.to / H, b.wh]), [[0, 2, 3000]]);
  const said = ["keeps_comfort", "warms_sun", "warms_cheap", "warm_enough"].map((code) => plain(doingText(warm(code, 0).devices["heatpump"]!, step(0, 0), "EUR")));
  assert.deepEqual(said, [
    "runs, so that it does not get too cold, at 28.0 ct a kWh · 21.3 °C, tank 48.0 °C then",
    "stores heat with sun that would earn 8.0 ct a kWh · 21.3 °C, tank 48.0 °C then",
    "stores heat while a kWh costs 28.0 ct · 21.3 °C, tank 48.0 °C then",
    "rests at 28.0 ct a kWh: it is warm enough · 21.3 °C, tank 48.0 °C then",
  ]);
});

test("the step of a moment, and the nearest one outside", () => {
  assert.equal(stepAt(steps, 2.5 * H), 2);
  assert.equal(stepAt(steps, -H), 0);
  assert.equal(stepAt(steps, 99 * H), 4);
});

test("lines are level within a step and leave gaps out", () => {
  const x = scale(0, 4, 0, 40);
  const y = scale(0, 10, 10, 0);
  assert.equal(stepped([0, 1, 2], [0, null, 10], 1, x, y), "M0.0 10.0H10.0M20.0 0.0H30.0");
  assert.equal(area([0], [10], 0, 1, x, y), "M0.0 0.0H10.0L10.0 10.0H0.0Z");
  assert.equal(scale(5, 5, 0, 10)(5), 5);
});

test("reasons are whole sentences with the price at which it would be otherwise", () => {
  assert.equal(plain(doingText(steps[0]!.devices["wallbox"]!, steps[0]!, "EUR")).replace(/until [^;·]*/, "until T"), "waits for cheaper hours; it would begin below 30.0 ct a kWh, until T");
  assert.match(plain(doingText(steps[0]!.devices["battery"]!, steps[0]!, "EUR")), /^keeps what it has: dearer hours follow; it would give from 31\.0 ct on, now a kWh costs 28\.0 ct · 50 % then$/);
  assert.equal(plain(marginalText(steps[0]!, "EUR")), "One more kWh now costs 28.0 ct: the price from the grid.");
  for (const s of steps) for (const d of Object.values(s.devices)) assert.ok(!/undefined|NaN/.test(doingText(d, s, "EUR")));
});

test("wishes that are given up are named with what they lack", () => {
  assert.equal(plain(givenUpText({ wish: "ready_by", device: "wallbox", amount: 2.5, unit: "kWh" })), "Wallbox will not be as full as asked (2.50 kWh).");
  assert.equal(plain(givenUpText({ wish: "fuse_l2", device: "", amount: 0.2, unit: "kWh" })), "More is drawn on L2 than its fuse carries (0.20 kWh).");
});

test("money has two digits and no minus zero", () => {
  assert.equal(money(-0.001, "EUR"), "€0.00");
  assert.equal(money(1.9, "EUR"), "€1.90");
});

test("the highest power that is charged for: what the plan does to it, and who waits or gives for it", () => {
  const told = (planned_w: number) => plain(highestText({ before_w: 2500, planned_w, price_per_kw: 4 }, "EUR"));
  assert.equal(told(1800), "The power that is charged for stays at 2.5 kW.");
  assert.equal(told(3500), "The power that is charged for rises from 2.5 kW to 3.5 kW, which costs €4.00.");
  const doing = (code: string) => plain(doingText({ power_w: 0, why: { code, turns_at: 0.4 } }, step(0, 0), "EUR"));
  assert.deepEqual(["shaves", "keeps_for_peak", "waits_peak"].map(doing), [
    "gives, so that the highest power, which is charged for, is no higher",
    "keeps what it has: hours of high use follow, and the highest power is charged for; it would give from 40.0 ct on, now a kWh costs 28.0 ct",
    "waits: more now would raise the highest power that is charged for",
  ]);
  assert.equal(plain(marginalText({ ...step(0, 0), binds: "peak" }, "EUR")), "One more kWh now costs 28.0 ct: the charge for the highest power, which more would raise.");
});
