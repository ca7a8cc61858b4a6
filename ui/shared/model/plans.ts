/** Counts that are to be ordered. */
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
