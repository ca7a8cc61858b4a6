/** What the server sends, word for word (docs: /api/docs). Decimal = text, Time = ISO 8601 with offset. */
import type { Decimal } from "./decimal";

export type Time = string;

export type Permission =
  | "count.view" | "count.plan" | "count.assign" | "count.scan"
  | "line.expected" | "line.recount" | "line.approve"
  | "policy.edit"
  | "delivery.view" | "delivery.resend" | "delivery.decide"
  | "quarantine.view" | "quarantine.resolve"
  | "link.view" | "link.edit" | "user.admin" | "audit.view";

export interface Session {
  user: { username: string; name: string; language: string } | null;
  roles?: { role: string; warehouse: string | null }[];
  permissions?: Permission[];
  csrf: string;
}

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

export interface Difference {
  location: string;
  item: string;
  item_name: string;
  lot: string | null;
  erp: Decimal;
  wms: Decimal;
  pending: Decimal;
  reason: string;
}

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

export interface Count extends CountSummary {
  currency: string;
  steps: Step[];
  zones: Zone[];
  approvals: { system_number: string; location: string }[];
  differences: Difference[];
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

export type DriftState = "suspected" | "open" | "repairing" | "repaired" | "explained" | "dismissed";

/** A key on which the two books differ outside any count. */
export interface DriftRow {
  id: number;
  warehouse: string;
  location: string;
  item: string;
  item_name: string;
  lot: string | null;
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
  others: { line: number; bin: string; item: string; lot: string | null; variance: Decimal }[];
}

/** The likely stories of a line's variance: one that is decided, or up to two that fit equally well. */
export interface Explanation {
  decided: boolean;
  stories: Story[];
  gap: Story | null;
}

export interface Line {
  id: number;
  count: string;
  warehouse: string;
  zone: string;
  bin: string;
  erp_location: string | null;
  item: string;
  item_name: string;
  lot: string | null;
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

export type Breakdown = "warehouse" | "zone" | "class" | "person" | "outcome" | "reason" | "cause";

/** Sums over counted lines; shares are null where the book is empty. `loss` is 0 or below. */
export interface Measured {
  book: Decimal;
  gain: Decimal;
  loss: Decimal;
  net: Decimal;
  absolute: Decimal;
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
}

/** Who has how many lines left, and which sheets nobody began could go to whom. */
export interface Balance {
  people: { username: string; now: number; then: number }[];
  moves: { sheet: number; number: string; lines: number; before: string | null; after: string }[];
}

export interface Person {
  username: string;
  name: string;
}

export interface SystemHealth {
  code: string;
  name: string;
  connector: string;
  ok: boolean;
  last_seen: Time | null;
  message: string | null;
  /** Open: the system is down and left alone until `retry_at`. */
  breaker: "closed" | "open" | "half_open";
  retry_at: Time | null;
  /** Of the last hour. */
  calls: number;
  failed: Record<string, number>;
  success_rate: Decimal | null;
  p50_ms: number | null;
  p95_ms: number | null;
}

export type FlowCode = "F1" | "F2" | "F3" | "F4" | "F5";

export interface Flow {
  flow: FlowCode;
  name: string;
  every_seconds: number | null;
  /** The flow with a cadence of its own that feeds this one. */
  polled: string | null;
  /** In words. */
  cadence: string | null;
  next_due: Time | null;
  /** Why it is paused. */
  paused: string | null;
  last_run: Time | null;
  backlog: number;
  success: number;
  failure: number;
  message: string | null;
}

export interface LinkHealth {
  code: string;
  name: string;
  erp: SystemHealth;
  wms: SystemHealth;
  flows: Flow[];
  quarantine: number;
}

/** One line of a field map: a rule list's columns, all text. */
export interface Rule {
  target: string;
  from?: unknown;
  change?: unknown;
  when?: unknown;
  default?: unknown;
  note?: string | null;
}

export interface Link extends LinkHealth {
  maps: { name: string; rules: Rule[]; version: number }[];
  tables: { name: string; rows: number }[];
}

export interface Today {
  waiting: { approvals: number; signatures: number; recounts: number; quarantine: number; deliveries: number };
  counts: CountSummary[];
  links: LinkHealth[];
  accuracy: { number: string; closed_at: Time; lines: Decimal | null; quantity: Decimal | null }[];
}

export type Decision = "approve" | "recount" | "keep_book";

export interface Refused {
  line: number;
  code: string;
  message: string;
}

export interface DecisionPreview {
  lines: number;
  gain: Decimal | null;
  loss: Decimal | null;
  net: Decimal | null;
  postings: { system: "erp" | "wms"; location: string; lines: number }[];
  refused: Refused[];
}

export type DeliveryState = "intent" | "sending" | "confirmed" | "rejected" | "unknown" | "needs_review";

export interface Delivery {
  id: number;
  flow: FlowCode;
  /** The system's name. */
  system: string;
  kind: string;
  key: string;
  count: string | null;
  state: DeliveryState;
  attempts: number;
  created_at: Time;
  settled_at: Time | null;
  remote_id: string | null;
  lines: number | null;
  code: string | null;
  message: string | null;
  next_try_at: Time | null;
  fault: string | null;
  for_administrators: boolean;
}

export interface DeliveryPage extends Page<Delivery> {
  /** Systems left alone for now. */
  down: { system: string; message: string; retry_at: Time | null }[];
}

export interface DeliveryFilter {
  count?: string | undefined;
  state?: string | undefined;
  flow?: string | undefined;
  q?: string | undefined;
}

export type ReviewDecision = "arrived" | "did_not_arrive" | "give_up";

export interface DeliveryDetail extends Delivery {
  payload: unknown;
  outcomes: { line: number; ok: boolean; message: string }[];
  tries: {
    number: number;
    action: "write" | "find";
    started_at: Time;
    ms: number;
    outcome: string;
    call: string;
    /** Null once it was forgotten. */
    request: string | null;
    response: string | null;
    request_bytes: number;
    response_bytes: number;
    cut: boolean;
  }[];
  reviews: { decision: ReviewDecision; remote_id: string | null; reason: string; user: string; at: Time }[];
  /** Later documents that wait for this one. */
  behind: number;
}

export interface QuarantineFilter {
  flow?: string | undefined;
  code?: string | undefined;
  said?: string | undefined;
  count?: string | undefined;
}

export interface QuarantineGroup {
  flow: string;
  code: string;
  said: string | null;
  message: string;
  number: number;
}

export interface QuarantineRow {
  id: number;
  /** The dataset the record came with. */
  flow: string;
  at: Time;
  record: Record<string, unknown>;
  code: string;
  message: string;
  state: string;
  count: string | null;
  delivery: number | null;
  decided_by: string | null;
  reason: string | null;
}

export interface Page<Row> {
  total: number;
  rows: Row[];
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

export type CadenceKind = "interval" | "cron" | "event";

/** A flow that is started by its cadence. */
export interface PolledFlow {
  flow: string;
  kind: CadenceKind;
  every_seconds: number;
  cron: string;
  zone: string;
  windows: string[];
  jitter_seconds: number;
  cadence: string;
  folder_cadence: string | null;
  by_hand: boolean;
  /** Webhooks that start it. */
  told_by: string[];
  next_due: Time | null;
  following: Time[];
  paused_at: Time | null;
  paused_by: string | null;
  paused_reason: string | null;
  running_since: Time | null;
  last_run: Time | null;
  message: string | null;
  successes: number;
  failures: number;
}

/** As under `cadence` in link.yaml. */
export interface TimingWords {
  every?: number;
  cron?: string;
  on?: "event";
  zone?: string;
  windows?: string[];
  jitter?: number;
}

export interface FlowRun {
  started_at: Time;
  ended_at: Time;
  outcome: "done" | "failed" | "interrupted";
  rows: number;
  times: number;
  message: string | null;
}

export interface Hook {
  source: string;
  path: string;
  events: Record<string, string>;
  active: boolean;
  by_hand: boolean;
  former_secret_until: Time | null;
  last_taken: Time | null;
  taken_today: number;
  refused_today: number;
}

export interface HookRefusal {
  code: string;
  message: string;
  minute: Time;
  times: number;
  address: string;
  asked: string;
}

export interface HookCalls {
  taken: { id: string; event: string; flow: string; ran: string; at: Time }[];
  refused: HookRefusal[];
}

export interface Subscription {
  id: number;
  name: string;
  url: string;
  kinds: string[];
  language: string;
  cursor: string;
  behind: boolean;
  sent: number;
  last_sent: Time | null;
  tries: number;
  failing_since: Time | null;
  next_try_at: Time | null;
  message: string | null;
  paused_at: Time | null;
  paused_by: string | null;
  paused_reason: string | null;
  former_secret_until: Time | null;
  created_by: string;
}

export interface SubscriptionAttempt {
  at: Time;
  ms: number;
  message_id: string;
  events: number;
  test: boolean;
  ok: boolean;
  message: string | null;
}
