export interface Spaced {
  call: () => void;
  cancel: () => void;
}

/** `act` a moment after the first of many calls, and not again before `restMs` are over. */
export function spaced(act: () => void, gatherMs: number, restMs: number): Spaced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let acted = -Infinity;
  const run = () => {
    timer = undefined;
    acted = performance.now();
    act();
  };
  return {
    call: () => {
      timer ??= setTimeout(run, Math.max(gatherMs, acted + restMs - performance.now()));
    },
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
