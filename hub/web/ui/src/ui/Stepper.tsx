import { words } from "../words/index.ts";
import { Icon } from "./Icon.tsx";

interface Props {
  label: string;
  value: number | null;
  low: number;
  high: number;
  step: number;
  text: string;
  onChange: (value: number) => void;
}

/** A slider with a step down and a step up beside it. */
export function Stepper({ label, value, low, high, step, text, onChange }: Props) {
  const at = value ?? low;
  const by = (direction: number) => {
    const to = clean(Math.min(high, Math.max(low, at + direction * step)));
    if (to !== at) onChange(to);
  };
  return (
    <div className="stepper">
      <button type="button" className="round" aria-label={words.control.less(label)} aria-disabled={at <= low} onClick={() => by(-1)}>
        <Icon name="less" />
      </button>
      <input
        type="range"
        aria-label={label}
        aria-valuetext={text}
        min={low}
        max={high}
        step={step}
        value={at}
        onChange={(e) => onChange(Number(e.target.value))}
      />
      <button type="button" className="round" aria-label={words.control.more(label)} aria-disabled={at >= high} onClick={() => by(1)}>
        <Icon name="more" />
      </button>
    </div>
  );
}

/** 20.499999 is 20.5 to people and devices. */
const clean = (n: number): number => Math.round(n * 1000) / 1000;
