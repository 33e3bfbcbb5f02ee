import type { KeyboardEvent } from "react";

interface Props<T extends string> {
  label: string;
  options: ReadonlyArray<{ value: T; text: string }>;
  value: T | null;
  onChange: (value: T) => void;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** One of a few, all to be seen. Arrow keys move, Enter or Space chooses: passing a choice by must not switch a device. */
export function Segment<T extends string>({ label, options, value, onChange }: Props<T>) {
  const entry = Math.max(0, options.findIndex((o) => o.value === value));
  return (
    <div className="segment" role="radiogroup" aria-label={label} onKeyDown={moveFocus}>
      {options.map((option, i) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={i === entry ? 0 : -1}
          onClick={() => option.value !== value && onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=radio]")];
  const now = all.indexOf(document.activeElement as HTMLElement);
  all[(now + step + all.length) % all.length]?.focus();
}
