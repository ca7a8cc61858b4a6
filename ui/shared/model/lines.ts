import type { Parts } from "./parts";

/** Lines of a count, what is known of them, and decisions. */
import type { Decimal } from "../decimal";
import type { Refused, Time } from "./base";

export type LineState =
  | "open" | "counted" | "recount" | "approve" | "settled" | "approved" | "kept" | "uncounted" | "hold" | "posted";

/** What the explainer can say of a variance. */
export const causes = [
  "timing", "bin_swap", "wrong_bin", "lot_swap", "status_swap", "case_as_each", "each_as_case", "digits_transposed", "digit_dropped",
  "digit_added", "document_not_posted", "document_posted_twice", "wrong_sign", "interface_gap",
] as const;

export interface Story {
  cause: (typeof causes)[number];
  suspect: "shelf" | "wms" | "erp" | "timing";
  sure: "strong" | "fair";
  /** Of so many sizes of variance one would fit by chance; null where a second record says the same. */
  one_in: number | null;
  /** Goods changed place, lot or status only: the variances of the line and the others cancel out. */
  transfer: boolean;
  sentence: string;
  others: (Partial<Parts> & { line: number; bin: string; item: string; variance: Decimal })[];
}

/** The likely stories of a line's variance: one that is decided, or up to two that fit equally well. */
export interface Explanation {
  decided: boolean;
  stories: Story[];
  gap: Story | null;
}

export interface Line extends Parts {
  id: number;
  count: string;
  warehouse: string;
  zone: string;
  bin: string;
  erp_location: string | null;
  item: string;
  item_name: string;
  /** What the lot is. */
  tracking: "none" | "lot" | "serial";
  /** The lot's last good day by the book, and by the label where that says another. */
  expires: string | null;
  label_expires: string | null;
  expired: boolean;
  unit: string;
  state: LineState;
  outcome: string | null;
  /** The policy's rule that decided; null for the policy itself. */
  rule: string | null;
  item_class: string | null;
  abc: string | null;
  reasons: string[];
  snapshot: Decimal | null;
  expected: Decimal | null;
  counted: Decimal | null;
  variance: Decimal | null;
  variance_min: Decimal | null;
  variance_max: Decimal | null;
  value: Decimal | null;
  price: Decimal | null;
  counter: string | null;
  counted_at: Time | null;
  pass: number;
  assignee: string | null;
  explanation: Explanation | null;
}

export interface LineMovement {
  id: string;
  occurred: Time;
  posted: Time | null;
  seen: Time | null;
  quantity: Decimal;
  kind: string;
  document: string;
  /** Part of the expected quantity: it happened before the count. */
  included: boolean;
}

export interface LineScan {
  id: string;
  pass: number;
  quantity: Decimal;
  unit: string;
  base: Decimal;
  counter: string;
  counted_at: Time;
  received_at: Time;
  source: "pda" | "wms";
  undone: boolean;
  note: string;
  expires: string | null;
  /** Kept and not counted: why. */
  set_aside: "serial_again" | "serial_stands" | null;
}

/** One serial of an item in a bin. */
export interface LineSerial {
  line: number;
  serial: string;
  state: "present" | "missing" | "extra" | "absent" | "open" | "counted";
  booked: boolean | null;
  counted: boolean | null;
  /** Missing here and found there, or the other way round: one transfer. */
  moved: boolean;
  places: string[];
  reason: string | null;
  counter: string | null;
  counted_at: Time | null;
}

export interface LineSerials {
  bin: string;
  item: string;
  booked: number | null;
  present: number | null;
  missing: number | null;
  extra: number | null;
  moved: number | null;
  open: number | null;
  counted: number;
  total: number;
  rows: LineSerial[];
}

/** What one count of a line came to by itself, compared with the book at its own moments. */
export interface LinePass {
  pass: number;
  counter: string;
  counted_at: Time | null;
  counted: Decimal | null;
  expected: Decimal | null;
  variance: Decimal | null;
  outcome: string;
  /** The one that counts now. */
  valid: boolean;
}

export interface LineDetail extends Line {
  movements: LineMovement[];
  scans: LineScan[];
  passes: LinePass[];
  decisions: { at: Time; user: string; decision: string; reason: string; reason_code: string | null; taken_pass: number | null }[];
  postings: { system: "erp" | "wms"; delivery: number | null; state: string; remote_id: string | null; quantity: Decimal }[];
}

export type Decision = "approve" | "transfer" | "recount" | "keep_book";

export interface DecisionPreview {
  lines: number;
  gain: Decimal | null;
  loss: Decimal | null;
  net: Decimal | null;
  /** Of goods that only changed place, lot or status: neither gain nor loss. */
  moved: Decimal | null;
  postings: { system: "erp" | "wms"; location: string; lines: number }[];
  refused: Refused[];
}

export type LineSelection = "variance" | "open" | "recount" | "approve";

export interface LineFilter {
  state?: string;
  zone?: string;
  bin?: string;
  q?: string;
  only?: LineSelection;
  cause?: string;
}
