import assert from "node:assert/strict";
import { test } from "node:test";
import { devices } from "../src/api/fixtures.gen.ts";
import { age, choice, deviceName, energy, percent, power, price, withUnit } from "../src/words/format.ts";
import { modeDoes, modeName } from "../src/words/modes.ts";
import { quantityName, signWord, stateWord } from "../src/words/quantities.ts";
import { REASONS, sentence } from "../src/words/reasons.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

test("numbers as people read them", () => {
  assert.equal(plain(power(740.4)), "740 W");
  assert.equal(plain(power(-2140)), "2.1 kW");
  assert.equal(plain(power(999.7)), "1.0 kW");
  assert.equal(plain(power(-0.2)), "0 W");
  assert.equal(plain(energy(12_345)), "12.3 kWh");
  assert.equal(plain(energy(8_214_000)), "8,214 kWh");
  assert.equal(plain(percent(55.4)), "55 %");
  assert.equal(plain(price(28_731, "EUR")), "28.7 ct/kWh");
  assert.equal(plain(price(28_731, "USD")), "0.287 USD/kWh");
  assert.equal(plain(withUnit(-120, "W")), "\u2212120 W");
  assert.equal(withUnit(true, ""), "On");
  assert.deepEqual([0, 45, 180, 195, 1500].map((m) => plain(withUnit(m, "min"))), ["0 min", "45 min", "3 h", "3 h 15 min", "25 h"]);
});

test("every mode that can be chosen has its own name and says what it does", () => {
  for (const d of devices.devices) {
    for (const mode of d.commands.find((c) => c.point === `${d.id}.mode`)?.choices ?? []) {
      assert.match(modeDoes(d.role, mode), /^[A-Z].{8,45}\.$/, `${d.role} ${mode}`);
    }
  }
});

test("ages", () => assert.deepEqual([23_000, 300_000, 10_800_000, 400_000_000, -5].map((ms) => plain(age(ms))), ["23 s", "5 min", "3 h", "5 d", "0 s"]));

test("names", () => {
  assert.equal(deviceName("plug_tv"), "Plug TV");
  assert.equal(deviceName("wallbox2"), "Wallbox 2");
  assert.equal(deviceName("p1"), "P1");
  assert.equal(deviceName("heatpump_meter"), "Heat pump meter");
  assert.equal(quantityName("power_l2"), "Power L2");
  assert.equal(choice("no_vehicle"), "No vehicle");
  assert.equal(modeName("charger", "min_solar"), "Min+Solar");
  assert.equal(modeName("heatpump", "surplus"), "Solar");
  assert.equal(modeName(undefined, "surplus"), "Surplus");
  assert.equal(stateWord("sg_ready", 3), "Boost advised");
  assert.equal(signWord("battery", "power", -300), "charging");
  assert.equal(signWord("grid", "power", -300), "selling");
  assert.equal(signWord("plug", "power", -300), undefined);
});

test("every reason is a whole sentence, even without its numbers", () => {
  for (const code of Object.keys(REASONS)) {
    const text = sentence({ code, numbers: {} });
    assert.ok(text.length > 5 && !/undefined|NaN/.test(text), `${code}: ${text}`);
  }
});

test("a reason with its numbers, and one this page does not know", () => {
  assert.equal(plain(sentence({ code: "fuse_limit", numbers: { circuit: "garage", fuse_a: 35, free_a: 9 } })), "the garage fuse of 35 A leaves 9 A");
  assert.equal(sentence({ code: "solar_flare", numbers: { kp: 9 } }), "solar_flare (kp 9)");
});
