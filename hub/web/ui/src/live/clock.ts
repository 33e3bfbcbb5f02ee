import { useSyncExternalStore } from "react";

let offset = 0;
let now = Date.now();
const listeners = new Set<() => void>();
let timer = 0;

/** The hub's clock as this page knows it: ages are told in the hub's time, whatever the phone's clock says. */
export const hubNow = (): number => Date.now() + offset;

export function setHubTime(hub: number, asked: number, answered: number): void {
  offset = Math.round(hub - (asked + answered) / 2);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) timer = window.setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = 0;
    }
  };
}

function tick(): void {
  now = hubNow();
  listeners.forEach((l) => l());
}

function second(): number {
  if (!timer) now = hubNow();
  return Math.floor(now / 1000) * 1000;
}

/** The hub's time, renewed each second; only for what shows an age. */
export const useHubNow = (): number => useSyncExternalStore(subscribe, second);
