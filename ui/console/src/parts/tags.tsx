import { type Vocabulary, word } from "../app/words";
import { useTranslation } from "react-i18next";

type Hue = "accent" | "good" | "wait" | "bad" | "quiet" | "gain";

const HUES: Partial<Record<Vocabulary, Record<string, Hue>>> = {
  countState: {
    approved: "quiet", preparing: "accent", counting: "accent", signing: "wait", posting: "accent", verifying: "accent", differences: "bad",
    closed: "good", cancelled: "quiet", failed: "bad",
  },
  lineState: {
    open: "quiet", counted: "accent", recount: "wait", approve: "wait", settled: "good", approved: "good", kept: "good",
    uncounted: "quiet", hold: "bad", posted: "good",
  },
  outcome: {
    match: "good", within_tolerance: "good", breach: "wait", timing: "wait", recount: "wait", hold: "bad", error: "bad", uncounted: "quiet",
  },
  deliveryState: { intent: "quiet", sending: "accent", confirmed: "good", rejected: "bad", unknown: "wait", needs_review: "bad" },
  flowState: { paused: "wait", running: "accent", failing: "bad", working: "good", waiting: "quiet" },
  runOutcome: { done: "good", failed: "bad", interrupted: "wait" },
  hookState: { active: "good", off: "quiet" },
  subscriptionState: { paused: "wait", given_up: "bad", failing: "bad", sending: "accent", working: "good" },
  signoffState: { waiting: "wait", signed: "good", returned: "bad", void: "quiet" },
  suspect: { shelf: "gain", wms: "accent", erp: "bad", timing: "wait" },
  serialState: { present: "good", missing: "bad", extra: "gain", absent: "quiet", open: "quiet", counted: "good" },
  sheetState: { open: "quiet", counting: "accent", submitted: "wait", closed: "good" },
};

const MARKS: Record<Hue, string> = { accent: "●", good: "✓", wait: "◆", bad: "▲", quiet: "○", gain: "●" };

/** A state: word, shape and colour, so that none of them has to carry the meaning alone. */
export function State({ of: vocabulary, code }: { of: Vocabulary; code: string | null | undefined }) {
  useTranslation();
  if (!code) return <span className="quiet">—</span>;
  const hue = HUES[vocabulary]?.[code] ?? "quiet";
  return (
    <span className={`tag tag-${hue}`}>
      <span aria-hidden="true">{MARKS[hue]}</span> {word(vocabulary, code)}
    </span>
  );
}
