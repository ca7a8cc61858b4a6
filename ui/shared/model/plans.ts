/** Counts that are to be ordered. */
import type { Time } from "./base";
import type { CountMode } from "./counts";

/** What a count is about: every list narrows, an empty one does not. */
export interface PlanScope {
  warehouses?: string[];
  zones?: string[];
  bins?: string[];
  classes?: string[];
  abc?: string[];
  items?: string[];
  not_seen_days?: number;
  most_bins?: number;
  at_random?: boolean;
}

export interface PlanLink {
  link: string;
  name: string;
  zones: { warehouse: string; zone: string; bins: number }[];
  classes: string[];
  abc: string[];
  freeze: FreezeChoice;
}

/** Whether zones can be kept still while they are counted, what the policy does unasked, and why not where not. */
export interface FreezeChoice {
  possible: boolean;
  usual: FreezeMode;
  why_not: string | null;
}

export type FreezeMode = "none" | "whole_zones";

/** A bin the calendar would have counted now. `abc` is the best class of the goods last found there. */
export interface DueBin {
  bin: string;
  warehouse: string;
  zone: string;
  due_at: Time | null;
  seen_at: Time | null;
  why: "never" | "class" | "any_bin";
  abc: string | null;
  every_days: number;
}

export interface DueBins {
  ordered_by_calendar: boolean;
  total: number;
  rows: DueBin[];
}

export interface PlanChoices {
  kinds: string[];
  modes: CountMode[];
  links: PlanLink[];
}

export interface PlanPreview {
  bins: number;
  zones: { warehouse: string; zone: string; bins: number }[];
  locations: number;
  /** Of a count of some goods only. */
  items: number | null;
  /** As many as `bins_known` of the bins had when they were last counted. */
  lines: number;
  bins_known: number;
  /** For one person at the usual pace; null where nobody has counted yet. */
  minutes: number | null;
  people: number;
  overlapping: { count: string; bins: number }[];
  first: string[];
}
