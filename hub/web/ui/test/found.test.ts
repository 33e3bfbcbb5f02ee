import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../src/api/client.ts";
import { devices, found } from "../src/api/fixtures.gen.ts";
import type { DeviceInfo, DeviceRequest, FoundDevice } from "../src/api/types.gen.ts";
import { begun, faultsOf, isPlain, partsOf, refused, requestsOf, UNFOUND } from "../src/screens/add/draft.ts";
import { adoptedAs, choices, freeId, isHybrid, keyOf, likeliest, nameFault, placeOf, slugOf } from "../src/screens/add/found.ts";
import { asLines, asOptions, faultOf, fromLines, valueOf } from "../src/screens/add/options.ts";
import { advice, titleOf, whereOf } from "../src/screens/add/say.ts";
import { Taker } from "../src/screens/add/taking.ts";
import { found as t } from "../src/words/found.ts";

const house = devices.devices;
const [hybrid, plug, secretive, unknown] = found.devices as [FoundDevice, FoundDevice, FoundDevice, FoundDevice];
const empty: DeviceInfo[] = [];
const ids = (all: readonly DeviceInfo[]) => all.map((d) => d.id);

test("a search says where it still looks and by when it is over", () => {
  assert.equal(t.searching(0, [], null), "Looking around your house …");
  assert.match(t.searching(2, ["hosts", "ports"], Date.now()), /^Looking around your house \(the network, serial ports\) … 2 found, over by .*\d\d:\d\d/);
});

test("a hybrid is taken in as all its parts, the battery behind the inverter", () => {
  assert.ok(isHybrid(hybrid) && !isHybrid(plug));
  const draft = begun(hybrid, empty, []);
  const parts = partsOf(hybrid, draft, []);
  assert.deepEqual(requestsOf(draft, parts, []), [
    { id: "inverter", role: "inverter", driver: "sunspec", link: "tcp://192.168.1.40:1502", options: { unit: 1 } },
    { id: "battery", role: "battery", driver: "sunspec", link: "tcp://192.168.1.40:1502", options: { unit: 1 }, behind: "inverter" },
    { id: "grid", role: "grid", driver: "sunspec", link: "tcp://192.168.1.40:1502", options: { unit: 1 } },
  ]);
});

test("a meter that may stand for anything is one of them, not all at once", () => {
  const roles = (...roles: string[]): FoundDevice => ({ ...plug, roles });
  const meter = roles("grid", "meter", "inverter", "battery", "heatpump", "charger");
  assert.ok(!isHybrid(meter) && !isHybrid(roles("meter", "grid", "inverter")) && !isHybrid(roles("plug", "inverter", "battery")));
  assert.ok(isHybrid(roles("grid", "battery")) && isHybrid(roles("inverter", "grid", "battery", "charger")));
  assert.deepEqual(likeliest(meter, empty), ["grid"]);
  assert.deepEqual(likeliest(meter, house), ["meter"]);
});

test("a house has one grid meter: a second one is a meter, and is not proposed as part of a hybrid", () => {
  assert.deepEqual(likeliest(hybrid, house), ["inverter", "battery"]);
  assert.deepEqual(choices(hybrid, house, []), ["inverter", "battery", "grid"]);
  const meter: FoundDevice = { ...plug, roles: ["grid"] };
  assert.deepEqual(likeliest(meter, house), ["meter"]);
  assert.deepEqual(likeliest(meter, empty), ["grid"]);
});

test("names are free ones, and the part that is missing is what is left to add", () => {
  const draft = begun(hybrid, house, []);
  assert.deepEqual(partsOf(hybrid, draft, ids(house)).map((p) => p.id), ["inverter", "battery_2"]);
  const inverter: DeviceInfo = { ...house[0]!, id: "roof", role: "inverter", serial: hybrid.serial, link: { ...house[0]!.link, driver: hybrid.driver } };
  const here = adoptedAs(hybrid, [...house, inverter]);
  assert.deepEqual(ids(here), ["roof"]);
  const left = begun(hybrid, house, here);
  assert.deepEqual(requestsOf(left, partsOf(hybrid, left, ids(house)), here).map((r) => [r.id, r.behind]), [["battery_2", "roof"]]);
});

test("one click is enough for what is known; what only the owner knows is asked for", () => {
  assert.ok(isPlain(plug) && isPlain(hybrid) && !isPlain(secretive) && !isPlain(unknown));
  const draft = begun(secretive, empty, []);
  assert.deepEqual(Object.keys(faultsOf(secretive, draft, partsOf(secretive, draft, []), [])), ["need:token"]);
  const told = { ...draft, answers: { token: " 007 " } };
  assert.deepEqual(faultsOf(secretive, told, partsOf(secretive, told, []), []), {});
  assert.deepEqual(requestsOf(told, partsOf(secretive, told, []), [])[0]!.options, { kind: "enphase", token: "007" });
  const blank = begun(unknown, empty, []);
  assert.deepEqual(Object.keys(faultsOf(unknown, blank, [], [])), ["role", "need:map"]);
  assert.deepEqual(Object.keys(faultsOf(UNFOUND, begun(UNFOUND, empty, []), [], [])), ["role", "driver", "link"]);
});

test("names as people type them, and what the hub makes of them", () => {
  assert.equal(slugOf("Solar Süd!"), "solar_sud");
  assert.equal(slugOf(" 2. Straße 7 "), "strasse_7");
  assert.equal(slugOf("!?"), "");
  assert.equal(freeId("plug", ["plug", "plug_2"]), "plug_3");
  assert.equal(freeId("inverter_2", ["inverter_2"]), "inverter_3");
  assert.deepEqual([nameFault("", []), nameFault("house", []), nameFault("a", ["a"]), nameFault("b", ["a"])], ["empty", "reserved", "taken", undefined]);
  assert.equal(nameFault("forecast", []), "reserved");
});

test("every found device has a title and a place", () => {
  for (const f of found.devices) assert.ok(titleOf(f).length > 3 && whereOf(f).length > 5, keyOf(f));
  assert.equal(titleOf(unknown), "Unknown device");
  assert.equal(whereOf(hybrid), "SunSpec, 192.168.1.40:1502");
  assert.equal(whereOf({ ...plug, options: { channel: 2 } }), "Local network, 192.168.1.51, channel 2");
  const light = { ...plug, driver: "mqtt", link: "hub", options: { topic: "light_kitchen" } };
  assert.equal(whereOf(light), "MQTT, at the hub itself, light_kitchen");
  assert.equal(whereOf({ ...hybrid, options: { unit: 126 } }), "SunSpec, 192.168.1.40:1502, unit 126");
  assert.equal(advice({ ...plug, how: "its answer over http; its local interface is off: switch it on in the app" }), "Its local interface is off: switch it on in the app.");
  assert.equal(advice(plug), "");
  assert.equal(placeOf("serial:///dev/serial/by-id/usb-FTDI_1?baud=9600"), "usb-FTDI_1");
  assert.equal(placeOf("mqtt://somebody:secret@10.0.0.2"), "10.0.0.2");
});

test("options as lines, and back", () => {
  const options = { unit: 1, fast: true, topic: "a b", pin: "007" };
  assert.equal(asLines(options), 'unit = 1\nfast = true\ntopic = a b\npin = "007"');
  assert.deepEqual(fromLines(asLines(options)), { options, bad: "" });
  assert.equal(fromLines("unit = 1\nwhat is this").bad, "what is this");
  assert.deepEqual(asOptions({ map: "1", unit: "3", token: "12", user: " " }), { map: "1", unit: 3, token: "12" });
  assert.equal(valueOf("-1.5"), -1.5);
});

test("the hub's refusal stands at the field that it names", () => {
  const at = (text: string) => faultOf(new ApiError(400, text, 0, "the device"), "silent", "tcp://x");
  assert.deepEqual(at("the device: devices.inv.role: 'x' is not known"), { field: "role", said: "'x' is not known" });
  assert.deepEqual(at("devices.inv: is in the house already; choose another id").field, "id");
  assert.deepEqual(at("map 'stiebel/is': is not known"), { field: "map", said: "'stiebel/is' is not known" });
  assert.deepEqual(at("tcp://x: not a P1 link"), { field: "link", said: "Not a P1 link" });
  assert.deepEqual(at("something else"), { field: "the device", said: "something else" });
  assert.deepEqual(faultOf(new ApiError(0, ""), "silent"), { field: "", said: "silent" });
  assert.deepEqual(refused(secretive, { field: "token", said: "is wrong" }, "inverter"), { "need:token": "is wrong" });
  assert.deepEqual(refused(secretive, { field: "id", said: "is taken" }, "grid"), { "id:grid": "is taken" });
  assert.deepEqual(refused(secretive, { field: "baud", said: "is wrong" }, "grid"), { options: "baud: is wrong" });
});

/** A hub as it behaves: each device makes it start anew, and while it does it answers nothing. */
class Hub {
  house: string[] = [];
  posted: string[] = [];
  away = 0;
  refuses = "";

  post = async ({ id }: DeviceRequest) => {
    this.#answer();
    if (id === this.refuses) throw new ApiError(400, `devices.${id}.link: is wrong`);
    this.posted.push(id);
    if (!this.house.includes(id)) this.house.push(id);
    this.away = 3;
  };
  devices = async () => {
    this.#answer();
    return this.house.map((id) => ({ id }) as DeviceInfo);
  };

  #answer(): void {
    if (this.away-- > 0) throw new ApiError(0, "");
  }
}

const taking = (hub: Hub) => new Taker({ post: hub.post, devices: hub.devices, wait: async () => undefined, fault: (e) => faultOf(e, "silent") });
const wish = (id: string): DeviceRequest => ({ id, role: "meter", driver: "p1", link: "x" });

test("devices are taken in one after the other, through the hub's absences", async () => {
  const hub = new Hub();
  const taker = taking(hub);
  const phases: string[] = [];
  taker.subscribe(() => phases.push([...taker.all().values()].map((t) => `${t.phase} ${t.at}`).join()));
  hub.away = 2;
  await Promise.all([taker.take("hybrid", [wish("a"), wish("b")]), taker.take("plug", [wish("c")])]);
  assert.deepEqual(hub.posted, ["a", "b", "c"]);
  assert.deepEqual(phases, ["waiting 0", "waiting 0,waiting 0", "taking 0,waiting 0", "taking 1,waiting 0", "in 2,waiting 0", "in 2,taking 0", "in 2,in 1"]);
  taker.tidy();
  assert.equal(taker.all().size, 0);
});

test("a refusal stops there, names its field, and what is in stays in", async () => {
  const hub = new Hub();
  hub.refuses = "b";
  const taker = taking(hub);
  await taker.take("hybrid", [wish("a"), wish("b"), wish("c")]);
  const told = taker.all().get("hybrid")!;
  assert.deepEqual([told.phase, told.at, told.done, told.fault], ["failed", 1, ["a"], { field: "link", said: "Is wrong" }]);
  hub.refuses = "";
  await taker.take("hybrid", [wish("b"), wish("c")]);
  assert.deepEqual(taker.all().get("hybrid")!.done, ["a", "b", "c"]);
});

test("a hub that never answers is no refusal, and is said", async () => {
  const taker = taking(Object.assign(new Hub(), { away: 1e9 }));
  await taker.take("a", [wish("a")]);
  assert.deepEqual(taker.all().get("a")!.fault, { field: "", said: "silent" });
});
