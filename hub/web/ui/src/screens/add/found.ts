import type { DeviceInfo, DeviceRequest, FoundDevice, Value } from "../../api/types.gen.ts";
import { ORDER, OWN } from "../../ui/roles.ts";

export type Role = DeviceInfo["role"];

/** One of the devices of the house that a found one becomes. */
export interface Part {
  role: Role;
  id: string;
}

/** What is wrong with a device, and with which of its fields. */
export interface Fault {
  field: string;
  said: string;
}

export const ADOPTABLE: readonly Role[] = ORDER.filter((r) => !OWN.includes(r));
const PARTS: readonly Role[] = ["inverter", "battery", "grid"];
const SECRETS = ["password", "token", "key", "auth_key", "api_key", "secret", "pin"];

export const isSecret = (option: string): boolean => SECRETS.includes(option);

/** The same device, however often it is told. */
export const keyOf = (f: FoundDevice): string => [f.driver, ...(f.serial ? [f.vendor, f.serial] : [f.link, JSON.stringify(f.options)])].join("|");

export const rolesOf = (f: FoundDevice): Role[] => f.roles.filter((r): r is Role => (ADOPTABLE as string[]).includes(r));

/**
 * A hybrid is several devices of the house at one address; anything else is one of those it may be. A meter may be the
 * grid's, an inverter's or a battery's: what tells a hybrid is that it is an inverter or a battery first of all, or
 * nothing but its parts.
 */
export function isHybrid(f: FoundDevice): boolean {
  const roles = rolesOf(f);
  const parts = roles.filter((r) => PARTS.includes(r));
  return parts.length > 1 && (roles[0] === "inverter" || roles[0] === "battery" || parts.length === roles.length);
}

/** The devices of the house that this one is: by its number, and by the hub's word. */
export const adoptedAs = (f: FoundDevice, house: readonly DeviceInfo[], also: readonly string[] = []): DeviceInfo[] =>
  house.filter((d) => d.id === f.adopted || also.includes(d.id) || (f.serial !== "" && d.serial === f.serial && d.link.driver === f.driver));

const gridOf = (house: readonly DeviceInfo[]): DeviceInfo | undefined => house.find((d) => d.role === "grid");

/** The house's grid meter, where the found device could be one, too: there is only one in a house. */
export const gridInTheWay = (f: FoundDevice, house: readonly DeviceInfo[]): DeviceInfo | undefined =>
  f.roles.includes("grid") ? gridOf(house) : undefined;

/** What the found device can still become. A second grid meter is a meter. */
export function choices(f: FoundDevice, house: readonly DeviceInfo[], here: readonly DeviceInfo[]): Role[] {
  const roles = rolesOf(f).filter((r) => !here.some((d) => d.role === r));
  if (isHybrid(f)) return ORDER.filter((r) => roles.includes(r));
  return gridInTheWay(f, house) && !roles.includes("meter") ? [...roles, "meter"] : roles;
}

/** What it most likely is: of a hybrid, all its parts. */
export function likeliest(f: FoundDevice, house: readonly DeviceInfo[], here: readonly DeviceInfo[] = []): Role[] {
  const all = choices(f, house, here);
  const fit = gridInTheWay(f, house) ? all.filter((r) => r !== "grid") : all;
  return isHybrid(f) ? fit.filter((r) => PARTS.includes(r)) : fit.slice(0, 1);
}

/** "Solar Süd!" -> "solar_sud": what the hub allows as a device's id; "" when nothing is left. */
export const slugOf = (name: string): string =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 40);

export function freeId(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  const base = wanted.replace(/_\d+$/, "");
  let n = 2;
  while (taken.includes(`${base}_${n}`)) n += 1;
  return `${base}_${n}`;
}

export type NameFault = "empty" | "taken" | "reserved";

export function nameFault(id: string, taken: readonly string[]): NameFault | undefined {
  if (!id) return "empty";
  if ((OWN as readonly string[]).includes(id)) return "reserved";
  return taken.includes(id) ? "taken" : undefined;
}

/** An id for each chosen role, none of them taken. */
export function named(f: FoundDevice, chosen: readonly Role[], taken: readonly string[]): Part[] {
  const used = [...taken, ...OWN];
  return ORDER.filter((r) => chosen.includes(r)).map((role) => {
    const base = role === f.roles[0] ? f.suggested : role === "charger" ? "wallbox" : role;
    const id = freeId(base, used);
    used.push(id);
    return { role, id };
  });
}

/** What is asked of the hub, in the order in which it can be: a battery stands behind its inverter. */
export function requests(f: Pick<FoundDevice, "driver" | "link">, parts: readonly Part[], options: Record<string, Value>, here: readonly DeviceInfo[] = []): DeviceRequest[] {
  const inverter = parts.find((p) => p.role === "inverter")?.id ?? here.find((d) => d.role === "inverter")?.id;
  return [...parts]
    .sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role))
    .map(({ id, role }) => ({
      id,
      role,
      driver: f.driver,
      link: f.link,
      options,
      ...(role === "battery" && inverter && { behind: inverter }),
    }));
}

/** The place of an address in words as short as can be: 192.168.1.40:502, ttyUSB0; "" for the hub's own broker. */
export function placeOf(link: string): string {
  if (link === "hub") return "";
  const bare = link.replace(/^[a-z0-9+]+:\/\//, "").replace(/^[^/@]*@/, "");
  return bare.startsWith("/") ? (bare.replace(/\?.*$/, "").split("/").at(-1) ?? bare) : bare.replace(/\/$/, "");
}

export const maker = (f: FoundDevice): string => (f.model.toLowerCase().startsWith(f.vendor.toLowerCase()) ? f.model : `${f.vendor} ${f.model}`.trim());
