import { useId } from "react";
import { words } from "../words/index.ts";

interface Props {
  label: string;
  on: boolean;
  known: boolean;
  onChange: (on: boolean) => void;
}

/** A switch is on or off for those who hear the page, too: that its state is not known is said beside. */
export function Switch({ label, on, known, onChange }: Props) {
  const note = useId();
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      {...(!known && { "aria-describedby": note })}
      className="switch"
      data-known={known}
      onClick={() => onChange(!on)}
    >
      <span className="track">
        <span className="knob" />
      </span>
      {!known && (
        <span id={note} className="unseen">
          {words.control.unknown}
        </span>
      )}
    </button>
  );
}
