/** Who is signed in, and what waits for them. */
import type { Decimal } from "../decimal";
import type { Time } from "./base";
import type { CountSummary, Freeze } from "./counts";
import type { LinkHealth } from "./links";

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

export interface Today {
  waiting: { approvals: number; signatures: number; recounts: number; quarantine: number; deliveries: number; zones: number };
  frozen: Freeze[];
  counts: CountSummary[];
  links: LinkHealth[];
  accuracy: { number: string; closed_at: Time; lines: Decimal | null; quantity: Decimal | null }[];
}
