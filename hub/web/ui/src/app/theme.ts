import { useSyncExternalStore } from "react";

export type Theme = "auto" | "light" | "dark";

const KEY = "shems.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

export function setTheme(chosen: Theme): void {
  if (chosen === "auto") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, chosen);
  apply();
}

/** The theme in force, on the root element where the style sheets look for it. */
export function followTheme(): void {
  dark.addEventListener("change", apply);
  apply();
}

function apply(): void {
  document.documentElement.dataset["theme"] = inForce();
  listeners.forEach((l) => l());
}

function inForce(): "light" | "dark" {
  const chosen = theme();
  return chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, theme);
export const useThemeInForce = (): "light" | "dark" => useSyncExternalStore(subscribe, inForce);
