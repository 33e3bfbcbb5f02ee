// A 1.6 charger made of the npm package ocpp-rpc in strict mode: it checks by itself all that the hub sends.
// Arguments: endpoint, identity, password. It says one JSON object a line; a line on stdin ends the session.
const { RPCClient } = require("ocpp-rpc");

const [endpoint, identity, password] = process.argv.slice(2);
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const now = () => new Date().toISOString();

const client = new RPCClient({
  endpoint, identity, password, protocols: ["ocpp1.6"], strictMode: true, maxReconnects: 0,
});
client.on("strictValidationFailure", ({ error }) => say({ failure: String(error), details: error.details }));

let amps = 16;
let energy = 123456;
client.handle("GetConfiguration", () => ({
  configurationKey: [
    { key: "SupportedFeatureProfiles", readonly: true, value: "Core,SmartCharging,RemoteTrigger" },
    { key: "MeterValueSampleInterval", readonly: false, value: "900" },
    { key: "ChargeProfileMaxStackLevel", readonly: true, value: "3" },
  ],
}));
client.handle("ChangeConfiguration", ({ params }) => {
  say({ changed: params });
  return { status: "Accepted" };
});
client.handle("TriggerMessage", () => ({ status: "Rejected" }));
client.handle("SetChargingProfile", ({ params }) => {
  const schedule = params.csChargingProfiles.chargingSchedule;
  amps = Math.min(16, schedule.chargingSchedulePeriod[0].limit);
  say({ profile: params.csChargingProfiles });
  return { status: "Accepted" };
});
client.handle("GetCompositeSchedule", ({ params }) => ({
  status: "Accepted",
  connectorId: params.connectorId,
  scheduleStart: now(),
  chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: amps }] },
}));

const tell = (status) =>
  client.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status, timestamp: now() });

const meter = (transactionId) =>
  client.call("MeterValues", {
    connectorId: 1,
    transactionId,
    meterValue: [{
      timestamp: now(),
      sampledValue: [
        { value: String(energy) },
        { value: String(Math.round(amps * 690)), measurand: "Power.Active.Import", unit: "W" },
        { value: amps.toFixed(1), measurand: "Current.Import", phase: "L1", unit: "A" },
      ],
    }],
  });

async function session() {
  await client.connect();
  say({ boot: await client.call("BootNotification", { chargePointVendor: "npm", chargePointModel: "ocpp-rpc" }) });
  await tell("Available");
  await tell("Preparing");
  say({ authorize: await client.call("Authorize", { idTag: "TAG" }) });
  const start = { connectorId: 1, idTag: "TAG", meterStart: energy, timestamp: now() };
  const { transactionId } = await client.call("StartTransaction", start);
  say({ transactionId });
  await tell("Charging");
  let over = false;
  process.stdin.once("data", () => { over = true; });
  while (!over) {
    energy += 1;
    await meter(transactionId);
    await pause(50);
  }
  await client.call("StopTransaction", { transactionId, meterStop: energy, timestamp: now(), reason: "Local" });
  await tell("Finishing");
  await tell("Available");
  say({ stopped: energy });
  await client.close();
  process.exit(0);
}

session().catch((error) => {
  say({ failure: String(error) });
  process.exit(1);
});
