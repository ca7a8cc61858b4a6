/** What a count comes to. */
import type { Decimal } from "../decimal";
import type { CountState } from "./counts";

export type Breakdown = "warehouse" | "zone" | "class" | "person" | "outcome" | "reason" | "cause";

/** Sums over counted lines; shares are null where the book is empty. `loss` is 0 or below. */
export interface Measured {
  book: Decimal;
  gain: Decimal;
  loss: Decimal;
  net: Decimal;
  absolute: Decimal;
  /** Of goods that only changed place, lot or status: wrong, but neither gained nor lost. */
  moved: Decimal;
  accuracy: Decimal | null;
  net_shrinkage: Decimal | null;
  absolute_shrinkage: Decimal | null;
}

export interface ResultFigures {
  lines: number;
  counted: number;
  matches: number;
  accurate: number;
  varying: number;
  /** Counted lines without a price: in `quantity`, not in `value`. */
  unpriced: number;
  accuracy: Decimal | null;
  quantity: Measured;
  value: Measured;
}

export interface ResultGroup extends ResultFigures {
  key: string[];
  name: string;
}

export interface Results {
  count: string;
  state: CountState;
  draft: boolean;
  currency: string;
  /** Those of the count's warehouses the figures cover; `partial` when there are others. */
  warehouses: string[];
  partial: boolean;
  total: ResultFigures;
  by: Breakdown;
  groups: number;
  rows: ResultGroup[];
}
