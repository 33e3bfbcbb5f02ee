import { ms, type Ahead } from "../../../model/ahead.ts";
import { ahead as t, doingText, marginalText, money, perKwh } from "../../../words/ahead.ts";
import { deviceName } from "../../../words/format.ts";
import { moment } from "../../../words/moment.ts";

/** All that happens in one step, why, and what would change it. */
export function Slot({ plan, index, currency }: { plan: Ahead; index: number; currency: string }) {
  const step = plan.steps[index];
  if (!step) return null;
  const start = ms(step.start);
  const guessed = plan.estimatedFrom !== undefined && start >= plan.estimatedFrom;
  return (
    <section className="slot" aria-live="polite">
      <h3>
        {t.at} {moment(start)}
        <small className="quiet">
          {" "}
          {perKwh(step.buy, currency)}/kWh{guessed && `, ${t.estimated}`}
        </small>
      </h3>
      <ul>
        {Object.entries(step.devices).map(([device, doing]) => (
          <li key={device}>
            <strong>{deviceName(device)}</strong> {doingText(doing, step, currency)}
          </li>
        ))}
      </ul>
      <p className="quiet small">
        {t.grid(step.grid_w)} {marginalText(step, currency)} {t.cost(money(step.cost, currency), money(step.nothing, currency), money(step.at_once, currency))}
      </p>
    </section>
  );
}
