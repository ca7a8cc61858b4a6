import type { CountMode, FreezeMode, PlanLink, PlanScope } from "@shared/model";

/** What the wizard holds, all of it in the address. `zones` are "warehouse/zone": two warehouses may use one zone code. */
export interface PlanForm {
  link: string;
  kind: string;
  mode: CountMode;
  name: string;
  /** Whether zones taken whole are kept still; "" is as the policy says. */
  freeze: FreezeMode | "";
  warehouses: string[];
  zones: string[];
  classes: string[];
  abc: string[];
  items: string[];
  bins: string[];
  days: number;
  most: number;
  /** Of a spot count: bins drawn by lot, or those named. */
  draw: boolean;
}

export const MODES: readonly CountMode[] = ["blind", "open", "double_blind"];
const FREEZES: readonly FreezeMode[] = ["none", "whole_zones"];
const LISTS = ["warehouses", "zones", "classes", "abc", "items", "bins"] as const;
type List = (typeof LISTS)[number];

/** The lists each kind asks for. Its numbers are in `scopeOf`. */
export const ASKED: Record<string, readonly List[]> = {
  full: ["warehouses"],
  zone: ["zones"],
  class: ["classes", "abc", "items", "zones"],
  cycle: ["zones", "classes", "abc"],
  spot: ["zones", "bins"],
  zero_check: ["zones"],
};

/** Nothing chosen yet; a cycle count begins with what nobody has counted for a quarter. */
export const EMPTY: PlanForm = {
  link: "", kind: "zone", mode: "blind", name: "", freeze: "", warehouses: [], zones: [], classes: [], abc: [], items: [], bins: [], days: 90, most: 20, draw: true,
};

/** "A-01, A-02\nA-03" and cells of a spreadsheet: each code once, as it is written ("00123" and "1E5" are codes). */
export function codesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;\u3001\uff0c\uff1b]+/).filter(Boolean))];
}

export function formOf(params: URLSearchParams): PlanForm {
  const whole = (name: string, otherwise: number): number => {
    const text = params.get(name);
    return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : otherwise;
  };
  const mode = params.get("mode");
  return {
    link: params.get("link") ?? EMPTY.link,
    kind: params.get("kind") ?? EMPTY.kind,
    mode: MODES.find((one) => one === mode) ?? EMPTY.mode,
    name: params.get("name") ?? "",
    freeze: FREEZES.find((one) => one === params.get("freeze")) ?? EMPTY.freeze,
    ...(Object.fromEntries(LISTS.map((list) => [list, params.getAll(list)])) as Record<List, string[]>),
    days: whole("days", EMPTY.days),
    most: whole("most", EMPTY.most),
    draw: params.get("draw") !== "no",
  };
}

/** Only what differs from an empty form, so that the address stays short. */
export function paramsOf(form: PlanForm): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of ["link", "kind", "mode", "name", "freeze", "days", "most"] as const) {
    if (form[name] !== EMPTY[name]) params.set(name, String(form[name]));
  }
  if (!form.draw) params.set("draw", "no");
  for (const list of LISTS) form[list].forEach((one) => params.append(list, one));
  return params;
}

const codes = (pairs: string[], at: 0 | 1): string[] => [...new Set(pairs.map((pair) => pair.split("/")[at] ?? ""))].sort();

function zoneScope(zones: string[], link: PlanLink | undefined): PlanScope {
  if (!zones.length) return {};
  const wanted = codes(zones, 1);
  const elsewhere = link?.zones.some(({ warehouse, zone }) => wanted.includes(zone) && !zones.includes(`${warehouse}/${zone}`)) ?? true;
  return { zones: wanted, ...(elsewhere ? { warehouses: codes(zones, 0) } : {}) };
}

/** What is asked of the server: only what the kind asks for. */
export function scopeOf(form: PlanForm, link: PlanLink | undefined): PlanScope {
  const asked = ASKED[form.kind] ?? [];
  const zones = asked.includes("zones") && !(form.kind === "spot" && !form.draw) ? zoneScope(form.zones, link) : {};
  const scope: PlanScope = { ...zones };
  for (const list of ["warehouses", "classes", "abc", "items"] as const) {
    if (asked.includes(list) && form[list].length) scope[list] = form[list];
  }
  // Bins taken from the list of those due are counted as they stand there.
  if (form.kind === "cycle" && form.bins.length) return { bins: form.bins };
  if (form.kind === "cycle") return { ...scope, not_seen_days: form.days, most_bins: form.most };
  if (form.kind === "spot") return form.draw ? { ...scope, most_bins: form.most, at_random: true } : { bins: form.bins };
  return scope;
}

/** Zones nobody chose that are counted as well, because a scope names zones and warehouses and not pairs of them. */
export function uninvited(form: PlanForm, link: PlanLink): string[] {
  const { zones, warehouses } = zoneScope(form.zones, link);
  if (!zones) return [];
  const covered = link.zones.filter((one) => zones.includes(one.zone) && (!warehouses || warehouses.includes(one.warehouse)));
  return covered.map(({ warehouse, zone }) => `${warehouse}/${zone}`).filter((pair) => !form.zones.includes(pair));
}

export type Missing = "zones" | "goods" | "bins" | "most" | "due";

/** What has to be chosen before there is anything to count. */
export function missing(form: PlanForm): Missing | null {
  if (form.kind === "zone" && !form.zones.length) return "zones";
  if (form.kind === "class" && !form.classes.length && !form.abc.length && !form.items.length) return "goods";
  if (form.kind === "spot" && !form.draw && !form.bins.length) return "bins";
  if (form.kind === "spot" && form.draw && !form.most) return "most";
  if (form.kind === "cycle" && !form.bins.length && !form.days && !form.most) return "due";
  return null;
}
