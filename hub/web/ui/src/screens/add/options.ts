import { ApiError } from "../../api/client.ts";
import type { Value } from "../../api/types.gen.ts";
import { isSecret, type Fault } from "./found.ts";

/** An option as a person writes it: true, 1.5, "007", or plain words. */
export function valueOf(text: string): Value {
  const plain = text.trim();
  if (plain === "true" || plain === "false") return plain === "true";
  if (/^-?\d+(\.\d+)?$/.test(plain)) return Number(plain);
  return /^"(.*)"$/.exec(plain)?.[1] ?? plain;
}

const written = (value: Value): string => (typeof value === "string" && valueOf(value) !== value ? `"${value}"` : String(value));

export const asLines = (options: Record<string, Value>): string =>
  Object.entries(options)
    .map(([key, value]) => `${key} = ${written(value)}`)
    .join("\n");

/** The options that lines tell, and the first line that tells none. */
export function fromLines(text: string): { options: Record<string, Value>; bad: string } {
  const options: Record<string, Value> = {};
  for (const line of text.split("\n").map((l) => l.trim())) {
    const [, key, value] = /^([A-Za-z_][\w-]*)\s*=\s*(.+)$/.exec(line) ?? [];
    if (line && !line.startsWith("#")) {
      if (!key || !value) return { options, bad: line };
      options[key] = valueOf(value);
    }
  }
  return { options, bad: "" };
}

/** What the owner knows, as options. A secret and a map are texts, whatever they look like. */
export const asOptions = (answers: Record<string, string>): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(answers)
      .filter(([, text]) => text.trim())
      .map(([key, text]) => [key, isSecret(key) || key === "map" ? text.trim() : valueOf(text)]),
  );

/**
 * Where a refusal belongs. The hub names the key of the site document (`devices.<id>.<key>: what is wrong`), a map
 * (`map 'maker/model': what is wrong`), or the address itself.
 */
export function faultOf(error: unknown, silent: string, link = ""): Fault {
  if (!(error instanceof ApiError) || error.status === 0) return { field: "", said: silent };
  const text = error.message;
  const [, key, ofKey] = /devices\.\w+(?:\.(\w+))?[^:]*: ([^]+)$/.exec(text) ?? [];
  if (ofKey) return { field: key ?? "id", said: sentence(ofKey) };
  const [, kind, ofKind] = /^(\w+) ('[^']*': [^]+)$/.exec(text) ?? [];
  if (kind && ofKind) return { field: kind, said: sentence(ofKind.replace("': ", "' ")) };
  if (link && text.startsWith(`${link}: `)) return { field: "link", said: sentence(text.slice(link.length + 2)) };
  return { field: error.field, said: text };
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
