import assert from "node:assert/strict";
import { test } from "node:test";
import { commissioning } from "../src/api/fixtures.gen.ts";
import type { FindingInfo } from "../src/api/types.gen.ts";
import { doing, headline, left, sorted } from "../src/screens/selftest/say.ts";

const { findings } = commissioning;
const only = (...verdicts: Array<FindingInfo["verdict"]>) => verdicts.map((verdict) => ({ ...findings[0]!, verdict }));

test("faults come first, then what is not known, then what is good", () => {
  assert.deepEqual(sorted(findings).map(([verdict]) => verdict), ["fault", "unknown", "good"]);
  assert.equal(sorted(findings).flatMap(([, all]) => all).length, findings.length);
  assert.deepEqual(sorted([]), []);
});

test("one sentence tells the result", () => {
  assert.equal(headline(findings), "One thing is wrong.");
  assert.equal(headline(only("fault", "fault", "good")), "2 things are wrong.");
  assert.equal(headline(only("unknown", "unknown", "good")), "Nothing wrong was found. 2 things are not known.");
  assert.equal(headline(only("good")), "Everything is as it should be.");
});

test("what is done, and how long it still takes", () => {
  const at = (done: number) => left({ ...commissioning, done, all: 180 });
  assert.deepEqual([at(0), at(100), at(125), at(140)], ["about 3 minutes left", "about 2 minutes left", "about a minute left", "less than a minute left"]);
  assert.equal(doing({ ...commissioning, what: "step", device: "wallbox" }), "Switching Wallbox and watching the meters");
  assert.equal(doing({ ...commissioning, what: "", device: "" }), "Getting ready …");
});
