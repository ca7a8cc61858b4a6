/** Links, their systems, flows, webhooks and subscriptions. */
import type { Decimal } from "../decimal";
import type { Time } from "./base";

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
