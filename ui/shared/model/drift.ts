import type { Parts } from "./parts";

/** Where the two books differ outside any count. */
import type { Decimal } from "../decimal";
import type { Time } from "./base";

export type DriftState = "suspected" | "open" | "repairing" | "repaired" | "explained" | "dismissed";

/** A key on which the two books differ outside any count. */
export interface DriftRow extends Parts {
  id: number;
  warehouse: string;
  location: string;
  item: string;
  item_name: string;
  erp: Decimal;
  wms: Decimal;
  gap: Decimal;
  value: Decimal | null;
  state: DriftState;
  first_seen: Time;
  last_seen: Time;
  decided_by: string | null;
  reason: string | null;
  message: string | null;
  document: string | null;
}
