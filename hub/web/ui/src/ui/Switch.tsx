interface Props {
  label: string;
  on: boolean;
  known: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ label, on, known, onChange }: Props) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      className="switch"
      data-known={known}
      onClick={() => onChange(!on)}
    >
      <span className="track">
        <span className="knob" />
      </span>
    </button>
  );
}
