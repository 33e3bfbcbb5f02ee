import assert from "node:assert/strict";
import { test } from "node:test";
import { commandLimited, devices, historyWithGaps, journal, liveChange, liveState } from "../src/api/fixtures.gen.ts";
import { kindOf, subject, valueText } from "../src/control/kind.ts";
import { Sequence } from "../src/live/sequence.ts";
import { LiveStore } from "../src/live/store.ts";
import { layoutOf } from "../src/model/layout.ts";
import { added, axis } from "../src/model/series.ts";
import { spokesOf } from "../src/model/spokes.ts";
import { chapter } from "../src/why/story.ts";
import { REASONS } from "../src/words/reasons.ts";

const house = devices.devices;
const infos = new Map(house.flatMap((d) => d.points.map((p) => [p.id, p])));

test("the hub's own answers make a picture", () => {
  const store = new LiveStore();
  const sequence = new Sequence();
  assert.ok(sequence.fits(liveState));
  store.replace(liveState.points);
  assert.ok(sequence.fits({ ...liveChange, seq: 1 }));
  store.merge(liveChange.points);
  const kinds = spokesOf(layoutOf(house), store.point).map((s) => s.kind);
  assert.ok(kinds.includes("grid") && kinds.includes("solar"), kinds.join());
});

test("every command has a widget and a name", () => {
  for (const d of house) {
    for (const c of d.commands) {
      assert.match(kindOf(c), /switch|choice|number/);
      assert.ok(subject({ device: d, command: c }).length > 3);
    }
  }
});

test("every row of the journal can be told in known words", () => {
  for (const row of journal.rows) {
    for (const { code } of [row.reason, ...row.limits]) assert.ok(!code || code in REASONS, code);
    assert.ok(!/undefined|NaN/.test(JSON.stringify(chapter(row, infos))), JSON.stringify(row));
  }
});

test("a limit is told with the value that the device took", () => {
  assert.equal(commandLimited.limited_by?.code, "fuse_limit");
  assert.equal(valueText("box.current_limit", "A", commandLimited.applied!), "15.0\u00a0A");
});

test("gaps of the hub stay gaps", () => {
  const [point = ""] = Object.keys(historyWithGaps.series);
  assert.ok(added(historyWithGaps, [point], axis(historyWithGaps)).includes(null));
});
