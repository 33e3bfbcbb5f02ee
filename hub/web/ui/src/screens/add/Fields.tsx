import { useId, useState, type ReactNode } from "react";
import { found as t } from "../../words/found.ts";

interface Props {
  title: string;
  hint?: string;
  wrong?: string | undefined;
  children: (its: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ReactNode;
}

/** A field with its title above it, and under it what is wrong, or else a hint. */
export function Field({ title, hint, wrong, children }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{title}</label>
      {children({ id, "aria-describedby": `${id}-told`, "aria-invalid": Boolean(wrong) })}
      <div id={`${id}-told`} className="small">
        {wrong ? (
          <p className="wrong" role="alert">
            {wrong}
          </p>
        ) : (
          hint && <p className="quiet">{hint}</p>
        )}
      </div>
    </div>
  );
}

interface TextProps {
  title: string;
  value: string;
  hint?: string;
  wrong?: string | undefined;
  /** Not to be read over one's shoulder; browsers must not offer the owner's own password. */
  secret?: boolean;
  onChange: (value: string) => void;
}

export function TextField({ title, value, hint, wrong, secret = false, onChange }: TextProps) {
  const [shown, setShown] = useState(false);
  return (
    <Field title={title} {...(hint && { hint })} wrong={wrong}>
      {(its) => (
        <span className="with-end">
          <input
            {...its}
            type={secret && !shown ? "password" : "text"}
            value={value}
            autoComplete={secret ? "new-password" : "off"}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            onChange={(e) => onChange(e.target.value)}
          />
          {secret && (
            <button type="button" className="textual" aria-pressed={shown} aria-label={t.reveal(title)} onClick={() => setShown(!shown)}>
              {t.revealShort}
            </button>
          )}
        </span>
      )}
    </Field>
  );
}

export function LinesField({ title, value, hint, wrong, rows, onChange }: Omit<TextProps, "secret"> & { rows: number }) {
  return (
    <Field title={title} {...(hint && { hint })} wrong={wrong}>
      {(its) => <textarea {...its} rows={rows} value={value} autoCapitalize="none" spellCheck={false} onChange={(e) => onChange(e.target.value)} />}
    </Field>
  );
}
