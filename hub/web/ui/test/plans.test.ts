import assert from "node:assert/strict";
import { test } from "node:test";
import { read, write, type Lexicon } from "../src/screens/plans/condition.ts";
import { newId } from "../src/screens/plans/document.ts";
import { placeIn, withoutPlace } from "../src/screens/plans/fault.ts";

const KINDS: Record<string, "number" | "switch" | "word"> = { "house.surplus": "number", "grid.power": "number", "plug.on": "switch", "car.status": "word" };
const lexicon: Lexicon = (point) => (KINDS[point] ? { unit: "W", kind: KINDS[point], words: [] } : undefined);
const again = (text: string): string | undefined => {
  const rows = read(text, lexicon);
  return rows && write(rows);
};

test("what rows can show is written as it was read", () => {
  for (const text of [
    "house.surplus > 1500 W ± 200 W",
    "house.surplus >= -1.5 kW and plug.on = on and not sun.up",
    "time between 22:00 and 06:00 or weekend or holiday",
    "weekday in (mon, wed) and car.status != charging",
    "weekday = fri",
  ])
    assert.equal(again(text), text);
});

test("other spellings of the same are brought into one form", () => {
  assert.equal(again("not plug.on"), "plug.on = off");
  assert.equal(again("plug.on != false"), "plug.on = on");
  assert.equal(again("not plug.on = off"), "plug.on = on");
  assert.equal(again("house.surplus>1kW+-200W"), "house.surplus > 1 kW ± 0.2 kW");
  assert.equal(again('car.status == "full"'), "car.status = full");
});

test("what says more than rows is left as text", () => {
  for (const text of [
    "",
    "house.surplus > grid.power",
    "house.surplus * 2 > 1 W",
    "(plug.on or weekend) and holiday",
    "plug.on and weekend or holiday",
    "not (weekend)",
    "not house.surplus > 1 W",
    "nothing.here > 1 W",
    "house.surplus > 1 W ± 1 A",
    "house.surplus > 1 W weekend",
    "time > 22:00",
    "house.surplus > 1 W and",
    "house.surplus > ?",
  ])
    assert.equal(again(text), undefined, text);
});

test("an id is the name in plain letters, and never one that is taken", () => {
  assert.equal(newId("Küche: Licht!", [], "rule"), "kuche_licht");
  assert.equal(newId("7 am", [], "schedule"), "am");
  assert.equal(newId("日本", ["rule"], "rule"), "rule_2");
  assert.match(newId("x".repeat(80), ["x".repeat(36)], "rule"), /^[a-z][a-z0-9_]{0,39}$/);
});

test("the place of a fault is marked in the text that it is about, and in no other", () => {
  const said = "at column 27 of 'wallbox.current_limit <= (house.surplu / 230)': there is no point 'house.surplu'";
  assert.deepEqual(placeIn(said, "wallbox.current_limit <= (house.surplu / 230)"), {
    before: "wallbox.current_limit <= (",
    word: "house.surplu",
    after: " / 230)",
  });
  assert.equal(placeIn(said, "plug.on = on"), undefined);
  assert.equal(placeIn("is longer than 2000 characters; make two rules of it", "plug.on = on"), undefined);
  assert.equal(withoutPlace(said), "there is no point 'house.surplu'");
});

test("a text is known again however the hub quotes it", () => {
  for (const [text, quoted] of [
    ["car.mode = 'fast'", `"car.mode = 'fast'"`],
    [`car.mode = "it's"`, `'car.mode = "it\\'s"'`],
    ["car.mode =\n fast", "'car.mode =\\n fast'"],
  ] as const) {
    const said = `at column 12 of ${quoted}: car.mode is never so`;
    assert.equal(placeIn(said, text)?.before, text.slice(0, 11));
    assert.equal(withoutPlace(said), "car.mode is never so");
  }
});
