import type { Parts } from "./parts";

/** Counts, their progress, bins and sheets. */
import type { Decimal } from "../decimal";
import type { Time } from "./base";
import type { Policy } from "./policies";

export type CountState =
  | "approved" | "preparing" | "counting" | "signing" | "posting" | "verifying" | "differences" | "closed" | "cancelled" | "failed";

/** How people count: without the book, with it, or two people without it who must agree. */
export type CountMode = "blind" | "open" | "double_blind";

export interface CountSummary {
  number: string;
  name: string;
  kind: string;
  blind: boolean;
  mode: CountMode;
  state: CountState;
  warehouses: { code: string; name: string }[];
  planned_at: Time | null;
  started_at: Time | null;
  closed_at: Time | null;
  responsible: string | null;
  lines: number;
  counted: number;
  settled: number;
  to_recount: number;
  to_approve: number;
  final: number;
  /** Means nothing to readers who may not see the book: ask `seesBook`. */
  variances: number;
  gain: Decimal | null;
  loss: Decimal | null;
  net: Decimal | null;
}

export type StepName =
  | "approved" | "items" | "snapshot" | "task" | "counting" | "signed" | "posting" | "carried" | "verified" | "closed";

export interface Step {
  name: StepName;
  state: "waiting" | "running" | "done" | "failed";
  at: Time | null;
  done: number | null;
  total: number | null;
  message: string | null;
}

/** A document that moved goods. */
export interface CutoffDocument {
  warehouse: string;
  kind: string;
  document: string;
  occurred: Time;
}

/** Where the documents stood when the snapshot was taken: the last of each kind in it, and those the ERP had not booked yet. */
export interface Cutoff {
  last: CutoffDocument[];
  unbooked: (CutoffDocument & { lines: number })[];
  unbooked_total: number;
}

export interface Zone {
  warehouse: string;
  zone: string;
  lines: number;
  counted: number;
  settled: number;
  to_recount: number;
  to_approve: number;
  final: number;
  variance_lines: number;
  gain: Decimal | null;
  loss: Decimal | null;
}

export interface Difference extends Parts {
  location: string;
  item: string;
  item_name: string;
  erp: Decimal;
  wms: Decimal;
  pending: Decimal;
  reason: string;
}

export interface Count extends CountSummary {
  currency: string;
  steps: Step[];
  zones: Zone[];
  approvals: { system_number: string; location: string }[];
  differences: Difference[];
  cutoff: Cutoff;
  policy: Policy;
  progress: { done: number; total: number; eta_seconds: number | null };
  accuracy: { lines: Decimal | null; quantity: Decimal | null } | null;
  /** What keeps the count from going on. */
  problem: string | null;
  /** How far the preparation is; null where none is under way. */
  work: Work | null;
}

/** `done` of `total` parts (zones, locations, documents), `rows` in all so far. */
export interface Work {
  step: "masters" | "wms" | "erp" | "check" | "lines" | "papers";
  part: string;
  done: number;
  total: number | null;
  rows: number;
  started_at: Time;
  updated_at: Time;
  eta_seconds: number | null;
}

/** Money is null exactly where book quantities are hidden: from readers of a blind count. */
export function seesBook(of: { gain: Decimal | null }): boolean {
  return of.gain !== null;
}

export type BinState = "open" | "counting" | "match" | "variance" | "recount" | "final";

export interface BinCell {
  warehouse: string;
  zone: string;
  bin: string;
  order: number;
  lines: number;
  counted: number;
  variance_lines: number;
  gain: Decimal | null;
  loss: Decimal | null;
  value_abs: Decimal | null;
  state: BinState;
}

export interface TimelineEntry {
  id: number;
  at: Time;
  kind: string;
  text: string;
  actor: string | null;
  delivery: number | null;
}

export interface Sheet {
  id: number;
  number: string;
  warehouse: string;
  zone: string;
  pass: number;
  counted_with: "pda" | "wms";
  assignee: string | null;
  state: "open" | "counting" | "submitted" | "closed";
  lines: number;
  counted: number;
  /** The second of two sheets over the same lines, counted at the same time. */
  at_once: boolean;
  skills: string[];
  owners: string[];
  /** Why it is nobody's. */
  waits: string | null;
}

/** A zone the WMS keeps still for a count, or was asked to. */
export interface Freeze {
  id: number;
  count: string;
  zone: string;
  warehouses: string[];
  state: "asked" | "frozen" | "refused" | "lifting" | "lifted" | "stuck";
  asked_at: Time;
  frozen_at: Time | null;
  lifted_at: Time | null;
  lifted_by: string;
  reason: string;
  message: string | null;
  needs_people: boolean;
  may_lift: boolean;
}

/** Who has how many lines left, and which sheets nobody began could go to whom. */
export interface Balance {
  people: { username: string; now: number; then: number }[];
  moves: { sheet: number; number: string; lines: number; before: string | null; after: string }[];
}
