/** A condition of the rules' language as rows that can be picked from lists, and back. What it cannot show stays text. */

export type Sign = "<" | "<=" | ">" | ">=";
export type Joint = "and" | "or";

export type Row =
  | { kind: "number"; point: string; sign: Sign; value: string; unit: string; band: string }
  | { kind: "word"; point: string; equal: boolean; value: string }
  | { kind: "time"; from: string; to: string }
  | { kind: "days"; days: number[] }
  | { kind: "flag"; flag: "sun.up" | "holiday"; is: boolean };

export interface Rows {
  joint: Joint;
  rows: Row[];
}

/** How a reading is compared: as a number in a unit, as on or off, or as a word. */
export interface Comparable {
  unit: string;
  kind: "number" | "switch" | "word";
  /** The words it is known to have; empty: any. */
  words: readonly string[];
}

export type Lexicon = (point: string) => Comparable | undefined;

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

// -- writing ------------------------------------------------------------------------------------------------------------

export const write = ({ joint, rows }: Rows): string => rows.map(writeRow).join(` ${joint} `);

function writeRow(row: Row): string {
  switch (row.kind) {
    case "number": {
      const amount = (n: string) => `${n.trim().replace(",", ".")}${row.unit && ` ${row.unit}`}`;
      return `${row.point} ${row.sign} ${amount(row.value)}${row.band.trim() && ` ± ${amount(row.band)}`}`;
    }
    case "word":
      return `${row.point} ${row.equal ? "=" : "!="} ${row.value}`;
    case "time":
      return `time between ${row.from} and ${row.to}`;
    case "days":
      if (row.days.join() === "5,6") return "weekend";
      return row.days.length === 1 ? `weekday = ${WEEKDAYS[row.days[0]!]}` : `weekday in (${row.days.map((d) => WEEKDAYS[d]).join(", ")})`;
    case "flag":
      return row.is ? row.flag : `not ${row.flag}`;
  }
}

// -- reading ------------------------------------------------------------------------------------------------------------

const TOKEN = /\d{1,2}:\d{2}|(?:\d+(?:\.\d*)?|\.\d+)|(?:ct|EUR|CHF|GBP|cur)\/kWh|°C|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?|"[^"]*"|\+-|±|<=|>=|!=|==|[-+*/()<>=,%]/y;
const UNITS = ["W", "kW", "Wh", "kWh", "V", "A", "Hz", "%", "degC", "°C", "s", "min", "h", "ct/kWh", "EUR/kWh", "CHF/kWh", "GBP/kWh", "cur/kWh"];
const SIZES: ReadonlyArray<Record<string, number>> = [
  { W: 1, kW: 1000 },
  { Wh: 1, kWh: 1000 },
  { s: 1, min: 60, h: 3600 },
];
const ON: Record<string, string> = { on: "on", true: "on", off: "off", false: "off" };

function tokens(text: string): string[] | undefined {
  const found: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at += 1;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) return undefined;
    found.push(match[0]);
    at = TOKEN.lastIndex;
  }
  return found;
}

/** The rows of a condition; undefined where it says more than rows can. */
export function read(text: string, lexicon: Lexicon): Rows | undefined {
  const all = tokens(text);
  if (!all?.length) return undefined;
  const reader = new Reader(all, lexicon);
  const rows: Row[] = [];
  let joint: Joint | undefined;
  for (;;) {
    const row = reader.row();
    if (!row) return undefined;
    rows.push(row);
    const next = reader.take();
    if (next === undefined) return { joint: joint ?? "and", rows };
    if ((next !== "and" && next !== "or") || (joint && next !== joint)) return undefined;
    joint = next;
  }
}

/** 200 W in kW: "0.2"; undefined between units that do not go together. */
function converted(amount: string, from: string, to: string): string | undefined {
  const table = SIZES.find((t) => from in t && to in t);
  return table && String(Number(((Number(amount) * table[from]!) / table[to]!).toPrecision(9)));
}

class Reader {
  #tokens: string[];
  #lexicon: Lexicon;
  #at = 0;

  constructor(all: string[], lexicon: Lexicon) {
    this.#tokens = all;
    this.#lexicon = lexicon;
  }

  take = (): string | undefined => this.#tokens[this.#at++];

  #peek = (): string | undefined => this.#tokens[this.#at];

  #took(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at += 1;
    return true;
  }

  row(): Row | undefined {
    const negated = this.#took("not");
    const name = this.take();
    if (!name) return undefined;
    if (name === "sun.up" || name === "holiday") return { kind: "flag", flag: name, is: !negated };
    const comparable = this.#lexicon(name);
    if (comparable?.kind === "switch") return this.#switch(name, negated);
    if (negated) return undefined;
    if (name === "weekend") return { kind: "days", days: [5, 6] };
    if (name === "weekday") return this.#days();
    if (name === "time") return this.#time();
    if (comparable?.kind === "word") return this.#word(name);
    return comparable && this.#number(name);
  }

  #switch(point: string, negated: boolean): Row | undefined {
    const sign = this.#peek();
    if (sign !== "=" && sign !== "==" && sign !== "!=") return { kind: "word", point, equal: true, value: negated ? "off" : "on" };
    this.take();
    const value = ON[this.take() ?? ""];
    if (!value) return undefined;
    const on = (value === "on") === (sign !== "!=");
    return { kind: "word", point, equal: true, value: on === negated ? "off" : "on" };
  }

  #word(point: string): Row | undefined {
    const sign = this.take();
    const value = this.take()?.replaceAll('"', "");
    if (!value || (sign !== "=" && sign !== "==" && sign !== "!=")) return undefined;
    return { kind: "word", point, equal: sign !== "!=", value };
  }

  #days(): Row | undefined {
    if (this.#took("in")) {
      if (!this.#took("(")) return undefined;
      const days: number[] = [];
      do days.push(WEEKDAYS.indexOf(this.take() ?? ""));
      while (this.#took(","));
      return this.#took(")") && !days.includes(-1) ? { kind: "days", days: [...new Set(days)].sort() } : undefined;
    }
    if (!this.#took("=") && !this.#took("==")) return undefined;
    const day = WEEKDAYS.indexOf(this.take() ?? "");
    return day < 0 ? undefined : { kind: "days", days: [day] };
  }

  #time(): Row | undefined {
    if (!this.#took("between")) return undefined;
    const from = this.take() ?? "";
    const to = this.#took("and") ? (this.take() ?? "") : "";
    const clock = /^\d{1,2}:\d{2}$/;
    return clock.test(from) && clock.test(to) ? { kind: "time", from: from.padStart(5, "0"), to: to.padStart(5, "0") } : undefined;
  }

  #number(point: string): Row | undefined {
    const sign = this.take();
    if (sign !== "<" && sign !== "<=" && sign !== ">" && sign !== ">=") return undefined;
    const [value, unit] = this.#amount() ?? [];
    if (value === undefined || unit === undefined) return undefined;
    if (!this.#took("±") && !this.#took("+-")) return { kind: "number", point, sign, value, unit, band: "" };
    const [band, its] = this.#amount() ?? [];
    const same = band === undefined ? undefined : its === unit ? band : converted(band, its!, unit);
    return same === undefined ? undefined : { kind: "number", point, sign, value, unit, band: same };
  }

  #amount(): [value: string, unit: string] | undefined {
    const minus = this.#took("-") ? "-" : "";
    const digits = this.take() ?? "";
    if (!/^[\d.]+$/.test(digits)) return undefined;
    const unit = UNITS.includes(this.#peek() ?? "") ? this.take()! : "";
    return [minus + digits, unit];
  }
}
