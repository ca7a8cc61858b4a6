/** What was sent to the systems, and what waits in quarantine. */
import type { Page, Time } from "./base";
import type { FlowCode } from "./links";

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
