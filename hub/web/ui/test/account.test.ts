import assert from "node:assert/strict";
import { test } from "node:test";
import { decisions, devices } from "../src/api/fixtures.gen.ts";
import type { Decision, DeviceInfo } from "../src/api/types.gen.ts";
import { driving, isDriven } from "../src/control/driven.ts";
import { personal, wishesOf, type Wish } from "../src/control/wish.ts";
import { account } from "../src/why/account.ts";
import { driven, related } from "../src/why/related.ts";
import { CHANGES, changeText } from "../src/words/changes.ts";
import { moment } from "../src/words/moment.ts";
import { wishText } from "../src/words/wish.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const points = new Map(devices.devices.flatMap((d) => d.points.map((p) => [p.id, p])));
const of = (id: string): DeviceInfo => devices.devices.find((d) => d.id === id)!;
const decided = (point: string): Decision => decisions.decisions.find((d) => d.point === point)!;
const amps = (v: unknown) => `${String(v)} A`;

const tell = (d: Decision, wishes: Wish[] = [], mode: string | null = null) =>
  account(d, { points, role: of(d.point.split(".")[0]!).role, mode, me: "owner", wishes, past: false });

test("a wish that a fuse holds back: whose, until when, and how much less would free it", () => {
  const told = tell(decided("wallbox.current_limit"), wishesOf(decisions, ["wallbox.current_limit"]));
  assert.equal(plain(told.headline), "Charging current: 15 A");
  assert.equal(told.whose, `On your wish, until ${moment(decided("wallbox.current_limit").ends!)}`);
  assert.match(told.changes.join(" "), /^Take the wish back, or wait until /);
  assert.match(plain(told.changes[1]!), /^If 0\.8 A less were drawn on L1, this fuse would leave 16 A\.$/);
  assert.ok(told.inputs.length > 3 && told.inputs.every((i) => i.text));
});

test("every decision of the hub is told in whole words, with what would change it", () => {
  for (const d of decisions.decisions) {
    const told = tell(d, wishesOf(decisions, [d.point]), "auto");
    assert.ok(told.changes.length > 0, d.point);
    assert.ok(!/undefined|NaN|null/.test(JSON.stringify(told)), JSON.stringify(told));
  }
});

test("whose wish it is", () => {
  const d = { ...decided("wallbox.current_limit"), limits: [], ends: null, person: "", reason: { code: "charge_fast", numbers: { limit_a: 16 } } };
  const whose = (what: Partial<Decision>, mode: string | null = "fast") => tell({ ...d, ...what }, [], mode).whose;
  assert.equal(whose({ source: "default" }), "As the mode Fast has it");
  assert.equal(whose({ source: "default" }, null), "As the chosen mode has it");
  assert.equal(whose({ source: "person", person: "anna" }), "On the wish of Anna");
  assert.equal(whose({ source: "person", cause: "set_at_device" }), "As it was set at the device itself");
  assert.equal(whose({ source: "rule", cause: "rule:cheap:night" }), "On the rule “cheap:night”");
  assert.equal(whose({ source: "person", cause: "schedule:Weekdays" }), "On the schedule “Weekdays”");
  for (const source of ["plan", "grid_operator", "site", "safety"]) assert.match(whose({ source }), /^(On|For) /);
});

test("wishes: unmet with their limit, met with their end, only people's can be taken back", () => {
  const [unmet] = wishesOf(decisions, ["wallbox.current_limit"]);
  assert.equal(unmet?.by?.code, "fuse_limit");
  const text = plain(wishText(unmet!, amps, "owner"));
  assert.match(text, /^You asked for 16 A; 15 A now: the house fuse of 16 A leaves 15\.2 A on L1\. It returns to 16 A when that is free; until /);
  const met = { ...unmet!, by: null };
  assert.match(wishText(met, amps, "owner"), /^Your wish of 16 A holds until /);
  assert.match(wishText(met, amps, "anna"), /^Owner’s wish of 16 A holds until /);
  assert.match(wishText({ ...met, cause: "set_at_device" }, amps, "owner"), /^16 A was set at the device itself/);
  assert.match(plain(wishText({ ...unmet!, by: { code: "rated_current", numbers: { max_a: 10 } } }, amps, "owner")), /10 A at most\. The wish holds until /);
  assert.match(wishText({ ...unmet!, source: "rule" }, amps, "owner"), /^A rule asked for .* It has its turn when that is over\.$/);
  assert.deepEqual(personal([{ ...met, source: "rule" }]), []);
  assert.deepEqual(wishesOf(decisions, ["plug_tv.on"]), []);
  assert.deepEqual(wishesOf(undefined, ["plug_tv.on"]), []);
});

test("what would change it is a whole sentence, with and without its numbers", () => {
  const numbers = { ends: 1_750_500_000_000, more_a: 2.5, less_a: 0.8, asked_a: 16, less_w: 2100, phase: 1, point: "grid.power", source: "person", wait_s: 90 };
  for (const code of Object.keys(CHANGES) as Array<keyof typeof CHANGES>) {
    for (const known of [{}, numbers]) {
      const text = changeText({ code, numbers: known });
      assert.ok(/^[A-Z].*\.$/.test(text) && !/undefined|NaN/.test(text), `${code}: ${text}`);
    }
  }
  assert.equal(changeText({ code: "solar_flare" as keyof typeof CHANGES, numbers: {} }), "");
  assert.equal(plain(changeText({ code: "less_import", numbers: { less_w: 2100 } })), "Wait until the house takes 2.1 kW less elsewhere.");
});

test("a mode is explained by the set-point it drives, and the other way round", () => {
  assert.equal(driven(of("wallbox"), "wallbox.mode"), "wallbox.current_limit");
  assert.equal(driven(of("heatpump"), "heatpump.mode"), "heatpump.sg_ready");
  assert.equal(driven(of("living"), "living.target_temperature"), "living.target_temperature");
  assert.deepEqual(related(of("plug_tv"), "plug_tv.mode"), ["plug_tv.mode", "plug_tv.on"]);
  assert.deepEqual(related(of("plug_tv"), "plug_tv.on"), ["plug_tv.on", "plug_tv.mode"]);
  assert.deepEqual(related(of("light_hall"), "light_hall.on"), ["light_hall.on"]);
});

test("a node of the picture asks about modes; what only measures has no answer", () => {
  const asked = (id: string) => driving(of(id)).map((topic) => topic.command.point);
  assert.deepEqual(["battery", "wallbox", "heatpump"].flatMap(asked), ["battery.mode", "wallbox.mode", "heatpump.mode"]);
  assert.deepEqual(asked("grid"), []);
  const bare = { ...of("wallbox"), commands: of("wallbox").commands.filter((c) => c.point !== "wallbox.mode") };
  assert.equal(driving(bare)[0]?.command.point, "wallbox.current_limit");
});

test("what the hub drives by itself: not what somebody has just asked for once", () => {
  const once = { ...decisions, decisions: [{ ...decided("wallbox.current_limit"), point: "plug_tv.on" }] };
  assert.ok(!isDriven(once, "plug", "plug_tv.on", "manual"));
  assert.ok(isDriven(once, "plug", "plug_tv.on", "surplus"));
  assert.ok(!isDriven(once, "light", "plug_tv.on", null));
  assert.ok(isDriven(decisions, "charger", "wallbox.current_limit", "fast"));
  assert.ok(isDriven(decisions, "heatpump", "heatpump.sg_ready", "normal") === decisions.decisions.some((d) => d.point === "heatpump.sg_ready"));
});
