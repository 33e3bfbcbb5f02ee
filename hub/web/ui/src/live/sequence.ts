import type { LiveChange, LiveState } from "../api/types.gen.ts";

export type Frame = LiveState | LiveChange;

/** Says of each frame whether it fits: a state always does, a change only directly after the frame before it. */
export class Sequence {
  #last: number | undefined;

  fits(frame: Frame): boolean {
    const fits = frame.type === "state" || (this.#last !== undefined && frame.seq === this.#last + 1);
    this.#last = fits ? frame.seq : undefined;
    return fits;
  }
}

/** Waiting times before the next try: 0.5 s, doubling, 10 s at most. */
export const backOff = (tries: number): number => Math.min(10_000, 500 * 2 ** Math.min(tries, 6));
