import { scale } from "../../control/kind.ts";
import { withUnit } from "../../words/format.ts";
import { Segment } from "../../ui/Segment.tsx";
import { plans } from "../../words/plans.ts";
import { firstValue, isNumber, type Action, type Sign } from "./action.ts";
import { NumberField, PointSelect, Select } from "./Field.tsx";
import { choicesOf, type House, type Target } from "./points.ts";

const SAID_UNITS: Record<string, string> = { degC: "°C" };

interface Props {
  label: string;
  house: House;
  action: Action;
  onChange: (action: Action) => void;
}

/** Which point, and what it is to be: by choices, or by a number within its range. */
export function ActionFields({ label, house, action, onChange }: Props) {
  const target = house.target(action.point);
  const choose = (point: string) => onChange(firstValue(point, house));
  return (
    <>
      <PointSelect label={label} value={action.point} groups={house.targets} onChange={choose} />
      {target && <ValueField target={target} action={action} onChange={onChange} />}
    </>
  );
}

function ValueField({ target, action, onChange }: { target: Target; action: Action; onChange: (action: Action) => void }) {
  const choices = choicesOf(target);
  const set = (value: string) => onChange({ ...action, value });
  const label = `${target.name}: ${plans.edit.value.toLowerCase()}`;
  if (choices) {
    const options = choices.map((c) => ({ value: String(c.value), text: c.text }));
    return options.length > 4 ? (
      <Select label={label} value={action.value} options={Object.fromEntries(options.map((o) => [o.value, o.text]))} onChange={set} />
    ) : (
      <Segment label={label} options={options} value={action.value} onChange={set} />
    );
  }
  const { low, high, unit, step } = target.command;
  return (
    <>
      <Select
        label={`${target.name}: ${plans.edit.sign.toLowerCase()}`}
        value={action.sign}
        options={plans.edit.signs}
        onChange={(sign) => onChange({ ...action, sign: sign as Sign })}
      />
      {isNumber(action.value) || !action.value ? (
        <NumberField label={label} value={action.value} unit={SAID_UNITS[unit] ?? unit} low={low} high={high} step={step || scale(target.command).step} onChange={set} />
      ) : (
        <input className="text" aria-label={label} value={action.value} onChange={(e) => set(e.target.value)} />
      )}
      {low !== null && high !== null && (
        <small className="quiet">
          {withUnit(low, unit)} – {withUnit(high, unit)}
        </small>
      )}
    </>
  );
}
