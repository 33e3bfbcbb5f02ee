import assert from "node:assert/strict";
import { test } from "node:test";
import type { RegretAsk, RegretDay, RegretTerms } from "../src/api/types.gen.ts";
import { TERMS, askText, causes, cellsOf, dayName, dearest, monthName } from "../src/words/regret.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const none: RegretTerms = { solver: 0, limits: 0, following: 0, load: 0, pv: 0, price: 0, people: 0, refused: 0, rules: 0, execution: 0 };
const ask = (who: RegretAsk["who"], cause: string, money: number): RegretAsk => ({ who, device: "battery", start: 1_773_270_000_000, end: 1_773_277_200_000, cause, money, wishes: 0 });
const day = (date: string, terms: Partial<RegretTerms>, asks: RegretAsk[] = []): RegretDay => ({ date, paid: 2.4, total: 0.62, terms: { ...none, ...terms }, wishes: 0, asks, missing: 0 });

test("only causes that came to a cent are told, whatever their sign", () => {
  assert.deepEqual(causes([day("2026-03-11", { pv: 0.3, load: 0.004 }), day("2026-03-12", { execution: -0.2 })]), ["pv", "execution"]);
  assert.deepEqual(causes([]), []);
  assert.deepEqual(Object.keys(TERMS).sort(), Object.keys(none).sort());
});

test("cells are what was paid, what was too much, and each cause", () => {
  assert.deepEqual(cellsOf(day("2026-03-11", { pv: 0.62, people: -0.001 }), ["pv", "people"], "EUR"), ["€2.40", "€0.62", "€0.62", "€0.00"]);
});

test("days and months have names", () => {
  assert.match(dayName("2026-03-11"), /^Wed,? 11 Mar$/);
  assert.equal(monthName({ month: "2026-03", days: 1, paid: 1, total: 0, terms: none, wishes: 0, worst: "2026-03-11" }), "March 2026 (1 day)");
});

test("what others did is a sentence with its price", () => {
  assert.match(plain(askText(ask("people", "Anna", 1.42), "EUR")), /^Battery was in Anna's hands, .* to .*: €1\.42 more\.$/);
  assert.match(plain(askText(ask("people", "set_at_device", 0.1), "EUR")), /^Battery was in your hands, /);
  assert.match(plain(askText(ask("refused", "too_hot", -0.1), "EUR")), /^Battery did not do what it was told, .*: €0\.10 less\.$/);
  assert.match(plain(askText(ask("rules", "not_left_to_the_plan", 0.1), "EUR")), /^Battery was not left to the plan, /);
  assert.match(plain(askText(ask("rules", "covers_house", 0.1), "EUR")), /^Battery went by rules, /);
});

test("the dearest come first, and what is below a cent does not come", () => {
  const days = [day("2026-03-11", {}, [ask("people", "a", 0.1), ask("people", "b", 0.001)]), day("2026-03-12", {}, [ask("rules", "c", 0.5)])];
  assert.deepEqual(dearest(days, 5).map((a) => a.cause), ["c", "a"]);
  assert.deepEqual(dearest(days, 1).map((a) => a.cause), ["c"]);
});
