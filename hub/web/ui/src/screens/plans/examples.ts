import { deviceName } from "../../words/format.ts";
import { plans } from "../../words/plans.ts";
import type { Document } from "./document.ts";
import type { House } from "./points.ts";

export interface Example {
  id: string;
  does: string;
  document: Document;
}

const t = plans.examples;

/** Good rules to start from, of what this house has. */
export function examples(house: House): Example[] {
  const points = house.targets.flatMap((g) => g.points);
  const has = (...ids: string[]) => ids.every((id) => house.reading(id) ?? house.target(id));
  const plug = points.filter((p) => p.device.role === "plug" && p.point.endsWith(".on")).at(-1);
  const car = points.find((p) => p.device.role === "charger" && p.point.endsWith(".mode"));
  const battery = points.find((p) => p.device.role === "battery" && p.point.endsWith(".mode"));
  const found: Example[] = [];
  if (plug && has("house.surplus")) {
    const { name, does } = t.surplus(deviceName(plug.device.id));
    found.push({
      id: "surplus",
      does,
      document: { name, when: "house.surplus > 1500 W ± 500 W", for: "5 min", then: [`${plug.point} = on`], min_for: "20 min", cooldown: "10 min" },
    });
  }
  if (has("tariff.price_import", "house.export_limit")) {
    const then = ["house.export_limit <= 0 W", ...(battery ? [`${battery.point} = charge`] : [])];
    found.push({ id: "negative", does: t.negative.does, document: { name: t.negative.name, when: `tariff.price_import < 0 ${price(house)}`, then } });
  }
  if (car) {
    const { name, does } = t.night(deviceName(car.device.id));
    const cheap = has("tariff.price_import") ? ` and tariff.price_import < ${house.currency === "EUR" ? "25" : "0.25"} ${price(house)}` : "";
    found.push({ id: "night", does, document: { name, when: `time between 22:00 and 06:00${cheap}`, then: [`${car.point} = fast`], until: "06:00" } });
  }
  return found;
}

const price = (house: House): string => (house.currency === "EUR" ? "ct/kWh" : "cur/kWh");
