import { isPartial, trustOf, type Amount, type Bars, type Flow, type Span, type Trust } from "../../model/energy.ts";

/** Where it came from, upwards, and where it went, downwards; in this order from the zero line. */
export const UP: readonly Flow[] = ["made", "discharged", "bought"];
export const DOWN: readonly Flow[] = ["used", "charged", "sold"];

export const ROLE_OF: Record<Flow, "pv" | "home" | "grid" | "battery"> = {
  made: "pv", used: "home", bought: "grid", sold: "grid", charged: "battery", discharged: "battery",
};

/** A piece of a bar, in Wh from the zero line; downwards both are negative. */
export interface Piece {
  flow: Flow;
  from: number;
  to: number;
  trust: Trust;
}

export interface Bar {
  span: Span;
  pieces: Piece[];
  /** Nothing at all is known of it, although it is over. */
  gap: boolean;
}

export function barsFrom({ spans, flows }: Bars, now: number): Bar[] {
  return spans.map((span, i) => {
    const of = (flow: Flow): Amount | undefined => flows[flow]?.[i];
    const stack = (order: readonly Flow[], sign: 1 | -1): Piece[] => {
      let at = 0;
      return order.flatMap((flow) => {
        const amount = of(flow);
        if (!amount?.wh) return [];
        const from = at;
        at += sign * amount.wh;
        return [{ flow, from, to: at, trust: trustOf(amount, span, now) }];
      });
    };
    const known = [...UP, ...DOWN].some((flow) => of(flow)?.wh != null);
    return { span, pieces: [...stack(UP, 1), ...stack(DOWN, -1)], gap: !known && isPartial(NOTHING, span, now) };
  });
}

const NOTHING: Amount = { wh: null, known: 0, marks: 0 };

/** The lowest and the highest end of all bars. */
export function reach(bars: readonly Bar[]): [low: number, high: number] {
  const ends = bars.flatMap((b) => b.pieces.map((p) => p.to));
  return [Math.min(0, ...ends), Math.max(0, ...ends)];
}
