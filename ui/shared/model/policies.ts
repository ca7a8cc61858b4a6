/** Policies, the signatures they ask for, and reasons. */
import type { Decimal } from "../decimal";
import type { Person, Time } from "./base";
import type { CountMode } from "./counts";
import type { FreezeChoice, FreezeMode } from "./plans";

/** Limits of a variance; one that is missing or null does not apply. */
export interface Tolerance {
  percent?: Decimal | null;
  quantity?: Decimal | null;
  value?: Decimal | null;
}

/** An exception for some lines: what it leaves out is as in the policy itself. The first rule that fits a line decides. */
export interface PolicyRule {
  name: string;
  warehouses?: string[];
  zones?: string[];
  classes?: string[];
  abc?: string[];
  kinds?: string[];
  reasons?: string[];
  causes?: string[];
  price_from?: Decimal | null;
  value_from?: Decimal | null;
  tolerance?: Tolerance | null;
  within?: "post" | "keep_book";
  beyond?: "recount" | "approve";
  max_passes?: number;
}

/** Who signs for how much of a count's variances; without users, whoever may approve in all of its warehouses. */
export interface PolicyLevel {
  name: string;
  users?: string[];
  substitutes?: string[];
  net?: Decimal | null;
  absolute?: Decimal | null;
  due_hours?: number;
}

/** How often the calendar has bins counted: by the best class of the goods in them, every bin at least once in `any_bin` days. */
export interface PolicyCycle {
  days?: Partial<Record<"A" | "B" | "C", number>>;
  any_bin?: number;
  most_bins?: number;
  mode?: CountMode;
}

export interface Policy {
  tolerance: Tolerance;
  ambiguity_seconds: number;
  uncounted: "ignore" | "zero";
  within_tolerance: "post" | "keep_book";
  blind: boolean;
  double_blind: boolean;
  max_passes: number;
  supervisor_from_pass: number;
  sheet_lines: number;
  /** What a sheet never crosses. */
  sheets_by: "zone" | "aisle";
  quiet_seconds: number;
  counted_in_wms: string[];
  rules: PolicyRule[];
  approval: PolicyLevel[];
  /** Empty: the calendar orders nothing. */
  cycle: PolicyCycle;
  drift: "report" | "propose" | "repair";
  freeze: FreezeMode;
  skills: PolicyNeed[];
}

/** A skill and where it takes it to count. */
export interface PolicyNeed {
  skill: string;
  warehouses?: string[];
  zones?: string[];
  classes?: string[];
  owners?: string[];
}

/** What the conditions of a rule can be, and who can sign. */
export interface PolicyChoices {
  warehouses: string[];
  zones: string[];
  classes: string[];
  abc: string[];
  kinds: string[];
  approvers: Person[];
}

export interface LinkPolicy {
  link: string;
  name: string;
  currency: string;
  /** 0 before anybody changed it here. */
  version: number;
  freeze: FreezeChoice;
  policy: Policy;
  words: PolicyChoices;
  may_edit: boolean;
}

export interface PolicyVersion {
  number: number;
  user: string;
  at: Time;
  reason: string;
  policy: Policy;
}

/** A reason people choose for a variance. */
export interface ReasonCode {
  code: string;
  name_zh: string;
  name_en: string;
  used_for: "both" | "gain" | "loss";
  active: boolean;
}

/** One level's signature under the sum of a count's variances. Money is null where the reader may not see the book. */
export interface Signoff {
  id: number;
  count: string;
  count_name: string;
  level: number;
  name: string;
  outcome: "waiting" | "signed" | "returned" | "void";
  net: Decimal | null;
  absolute: Decimal | null;
  unpriced: number;
  users: string[];
  substitutes: string[];
  asked_at: Time;
  due_at: Time;
  overdue: boolean;
  user: string | null;
  at: Time | null;
  reason: string;
  may_sign: boolean;
  why_not: string | null;
}
