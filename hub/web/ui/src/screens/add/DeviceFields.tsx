import type { FoundDevice } from "../../api/types.gen.ts";
import { deviceName } from "../../words/format.ts";
import { found as t } from "../../words/found.ts";
import { LinesField, TextField } from "./Fields.tsx";
import { isSecret } from "./found.ts";
import type { Drafting } from "./useDraft.ts";

interface Props {
  f: FoundDevice;
  drafting: Drafting;
  /** Nobody has found it: how it is reached comes first. */
  byHand?: boolean;
}

/** All that can be said of a device before it is taken in. */
export function DeviceFields({ f, drafting, byHand = false }: Props) {
  const { faults } = drafting;
  const deep = ["driver", "link", "options"].some((field) => field in faults);
  return (
    <>
      {byHand && <Reach drafting={drafting} />}
      <Needs f={f} drafting={drafting} />
      <Names drafting={drafting} />
      <details {...(deep && { open: true })}>
        <summary>{t.settings}</summary>
        <div className="fields">
          {!byHand && <Reach drafting={drafting} />}
          <LinesField
            title={t.options}
            rows={3}
            hint={t.optionsHint}
            value={drafting.draft.lines}
            wrong={faults["options"]}
            onChange={(lines) => drafting.change({ lines })}
          />
        </div>
      </details>
    </>
  );
}

function Reach({ drafting: { draft, faults, change } }: { drafting: Drafting }) {
  return (
    <>
      <TextField title={t.way} hint={t.wayHint} value={draft.driver} wrong={faults["driver"]} onChange={(driver) => change({ driver })} />
      <TextField title={t.link} hint={t.linkHint} value={draft.link} wrong={faults["link"]} onChange={(link) => change({ link })} />
    </>
  );
}

function Needs({ f, drafting: { draft, faults, change } }: Props) {
  return f.needs.map((need) => (
    <TextField
      key={need}
      title={t.needs[need] ?? need}
      hint={t.hints[need] ?? ""}
      secret={isSecret(need)}
      value={draft.answers[need] ?? ""}
      wrong={faults[`need:${need}`]}
      onChange={(text) => change({ answers: { ...draft.answers, [need]: text } })}
    />
  ));
}

function Names({ drafting: { draft, parts, faults, change } }: { drafting: Drafting }) {
  return parts.map(({ role, id }) => (
    <TextField
      key={role}
      title={parts.length > 1 ? t.nameOf(t.roles[role]) : t.name}
      hint={id ? t.slug(id) : ""}
      value={draft.names[role] ?? deviceName(id)}
      wrong={faults[`id:${role}`]}
      onChange={(text) => change({ names: { ...draft.names, [role]: text } })}
    />
  ));
}
