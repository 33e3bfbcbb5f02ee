import { Icon } from "../../ui/Icon.tsx";
import { Segment } from "../../ui/Segment.tsx";
import { found as t } from "../../words/found.ts";
import { ADOPTABLE, type Role } from "./found.ts";
import { Field } from "./Fields.tsx";

interface Props {
  /** What it can be; nothing known = anything. */
  options: readonly Role[];
  /** Several at once: the parts of a hybrid. */
  several: boolean;
  chosen: readonly Role[];
  wrong?: string | undefined;
  onChange: (chosen: Role[]) => void;
}

/** More than these do not stand side by side on a phone. */
const FEW = 3;

export function RoleChoice(props: Props) {
  const { options, several } = props;
  if (several) return <Parts {...props} />;
  return options.length > 0 && options.length <= FEW ? <OneOf {...props} /> : <Listed {...props} options={options.length ? options : ADOPTABLE} />;
}

function Parts({ options, chosen, wrong, onChange }: Props) {
  const toggle = (role: Role) => onChange(chosen.includes(role) ? chosen.filter((r) => r !== role) : [...chosen, role]);
  return (
    <div className="parts" role="group" aria-label={t.whatParts}>
      {options.map((role) => (
        <button key={role} type="button" className="part" aria-pressed={chosen.includes(role)} onClick={() => toggle(role)}>
          <Icon name={chosen.includes(role) ? "check" : "more"} />
          {t.roles[role]}
        </button>
      ))}
      {wrong && (
        <p className="wrong small" role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}

function OneOf({ options, chosen, wrong, onChange }: Props) {
  return (
    <>
      {options.length > 1 && (
        <Segment label={t.what} value={chosen[0] ?? null} onChange={(role) => onChange([role])} options={options.map((value) => ({ value, text: t.roles[value] }))} />
      )}
      {wrong && (
        <p className="wrong small" role="alert">
          {wrong}
        </p>
      )}
    </>
  );
}

function Listed({ options, chosen, wrong, onChange }: Props) {
  return (
    <Field title={t.what} wrong={wrong}>
      {(its) => (
        <select {...its} value={chosen[0] ?? ""} onChange={(e) => onChange([e.target.value as Role])}>
          {!chosen.length && <option value="">{t.chooseRole}</option>}
          {options.map((role) => (
            <option key={role} value={role}>
              {t.roles[role]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
