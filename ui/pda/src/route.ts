import { useSyncExternalStore } from "react";

/** Screens have addresses after the #, so that reload and the device's back key work without the server. */
export interface Route {
  screen: "sheets" | "walk" | "bins" | "bin" | "quantity" | "serials" | "handin" | "waiting" | "settings";
  sheet: string;
  bin: string;
  query: URLSearchParams;
}

export const to = {
  sheets: (): string => "#/",
  waiting: (): string => "#/waiting",
  settings: (): string => "#/settings",
  walk: (sheet: string | number, bin?: string): string => `#/sheet/${part(sheet)}${bin === undefined ? "" : `?bin=${part(bin)}`}`,
  bins: (sheet: string | number): string => `#/sheet/${part(sheet)}/bins`,
  handin: (sheet: string | number): string => `#/sheet/${part(sheet)}/submit`,
  bin: (sheet: string | number, bin: string): string => `#/sheet/${part(sheet)}/bin/${part(bin)}`,
  quantity: (sheet: string | number, bin: string, query: Record<string, string>): string =>
    `#/sheet/${part(sheet)}/bin/${part(bin)}/count?${new URLSearchParams(query)}`,
  serials: (sheet: string | number, bin: string, item: string): string =>
    `#/sheet/${part(sheet)}/bin/${part(bin)}/serials?${new URLSearchParams({ item })}`,
};

function part(text: string | number): string {
  return encodeURIComponent(String(text));
}

export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map(decoded);
  const route: Route = { screen: "sheets", sheet: parts[1] ?? "", bin: parts[3] ?? "", query: new URLSearchParams(query) };
  if (parts[0] === "waiting" || parts[0] === "settings") return { ...route, screen: parts[0] };
  if (parts[0] !== "sheet" || !route.sheet) return route;
  if (parts[2] === "bins") return { ...route, screen: "bins" };
  if (parts[2] === "submit") return { ...route, screen: "handin" };
  if (parts[2] === "bin" && route.bin && parts[4] === "serials") return { ...route, screen: "serials" };
  if (parts[2] === "bin" && route.bin) return { ...route, screen: parts[4] === "count" ? "quantity" : "bin" };
  return { ...route, screen: "walk" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const told of listeners) told();
};
window.addEventListener("popstate", tell);
window.addEventListener("hashchange", tell);

export function go(hash: string): void {
  if (hash === location.hash) return;
  history.pushState({ from: location.hash || "#/" }, "", hash);
  tell();
}

/** Back to `hash`: by history where we came from there, so that the device's back key never walks in circles. */
export function leaveTo(hash: string): void {
  const from = (history.state as { from?: string } | null)?.from;
  if (from === hash) return history.back();
  history.replaceState(null, "", hash);
  tell();
}

/** The screen before this one, for screens that can be opened from anywhere. */
export function cameFrom(): string {
  return (history.state as { from?: string } | null)?.from ?? to.sheets();
}

export function useHash(): string {
  return useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => location.hash,
  );
}
