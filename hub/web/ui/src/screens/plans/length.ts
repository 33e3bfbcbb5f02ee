/** A duration of the language: "5 min". */
export interface Length {
  amount: string;
  unit: string;
}

export function lengthOf(text: unknown): Length | undefined {
  const match = typeof text === "string" ? /^\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)\s*$/.exec(text) : null;
  return match ? { amount: match[1]!, unit: match[2]! } : undefined;
}

export const lengthText = ({ amount, unit }: Length): string => (amount.trim() ? `${amount.trim().replace(",", ".")} ${unit}` : "");
