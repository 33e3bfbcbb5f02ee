import type { DeviceInfo, DeviceRequest, FoundDevice } from "../../api/types.gen.ts";
import { deviceName } from "../../words/format.ts";
import { found as t } from "../../words/found.ts";
import { likeliest, nameFault, named, requests, slugOf, type Fault, type Part, type Role } from "./found.ts";
import { asLines, asOptions, fromLines } from "./options.ts";

/** What a person has said so far of a device that is to be taken in. A name not typed yet is a suggested one. */
export interface Draft {
  driver: string;
  link: string;
  chosen: readonly Role[];
  names: Partial<Record<Role, string>>;
  /** To what only its owner knows. */
  answers: Record<string, string>;
  /** The options as lines of text. */
  lines: string;
}

/** What is wrong, by field: `driver`, `link`, `role`, `options`, `id:<role>`, `need:<option>`. */
export type Faults = Record<string, string>;

/** A device that nobody has found. */
export const UNFOUND: FoundDevice = {
  driver: "",
  link: "",
  roles: [],
  vendor: "",
  model: "",
  serial: "",
  firmware: "",
  options: {},
  how: "",
  certain: false,
  needs: [],
  suggested: "device",
  adopted: "",
};

export const begun = (f: FoundDevice, house: readonly DeviceInfo[], here: readonly DeviceInfo[]): Draft => ({
  driver: f.driver,
  link: f.link,
  chosen: likeliest(f, house, here),
  names: {},
  answers: {},
  lines: asLines(f.options),
});

/** The devices that it would be; `taken` are the ids that are not free. */
export const partsOf = (f: FoundDevice, draft: Draft, taken: readonly string[]): Part[] =>
  named(f, draft.chosen, taken).map(({ role, id }) => {
    const typed = draft.names[role];
    return { role, id: typed === undefined ? id : slugOf(typed) };
  });

/** What can be said without the hub. */
export function faultsOf(f: FoundDevice, draft: Draft, parts: readonly Part[], taken: readonly string[]): Faults {
  const bad = fromLines(draft.lines).bad;
  const faults: Faults = {
    ...(!draft.chosen.length && { role: t.noRole }),
    ...(!draft.driver.trim() && { driver: t.missing }),
    ...(!draft.link.trim() && { link: t.missing }),
    ...(bad && { options: t.badOption(bad) }),
  };
  for (const need of f.needs) if (!draft.answers[need]?.trim()) faults[`need:${need}`] = t.missing;
  const fault = nameFaults(parts, taken);
  return { ...faults, ...fault };
}

export function nameFaults(parts: readonly Part[], taken: readonly string[]): Faults {
  const faults: Faults = {};
  for (const [i, { role, id }] of parts.entries()) {
    const before = parts.slice(0, i).map((p) => p.id);
    const fault = nameFault(id, [...taken, ...before]);
    if (fault) faults[`id:${role}`] = { empty: t.nameEmpty, reserved: t.nameReserved, taken: t.nameTaken(deviceName(id)) }[fault];
  }
  return faults;
}

export const requestsOf = (draft: Draft, parts: readonly Part[], here: readonly DeviceInfo[]): DeviceRequest[] =>
  requests({ driver: draft.driver.trim(), link: draft.link.trim() }, parts, { ...fromLines(draft.lines).options, ...asOptions(draft.answers) }, here);

/** The hub's own word, at the field that it is about. */
export function refused(f: FoundDevice, fault: Fault, role: string | undefined): Faults {
  const { field, said } = fault;
  if (field === "id") return { [`id:${role ?? ""}`]: said };
  if (f.needs.includes(field)) return { [`need:${field}`]: said };
  if (["role", "driver", "link"].includes(field)) return { [field]: said };
  return { [field && field !== "behind" ? "options" : ""]: field ? `${field}: ${said}` : said };
}

/** Whether one click is enough: it is known what it is, and nothing else is needed. */
export const isPlain = (f: FoundDevice): boolean => f.certain && f.needs.length === 0 && f.roles.length > 0;
