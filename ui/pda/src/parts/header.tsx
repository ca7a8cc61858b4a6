import { useEffect, useRef, useSyncExternalStore } from "react";
import { outbox, sender } from "../desk";
import { go, leaveTo, to } from "../route";
import { signal } from "../scan/signal";
import { t } from "../words";

export function useEntries() {
  return useSyncExternalStore(outbox.subscribe, () => outbox.entries);
}

export function useStanding() {
  return useSyncExternalStore(sender.subscribe, () => sender.state);
}

/** How many wait here and how many came back; always in sight, one tap from the details. */
function Badge() {
  const entries = useEntries();
  const standing = useStanding();
  const waiting = entries.filter((one) => one.state === "waiting").length;
  const refused = entries.filter((one) => one.state === "refused").length;
  const tone = refused > 0 ? "bad" : waiting > 0 ? "wait" : "good";
  const text = refused > 0 ? t("waiting.badge_refused", { n: refused }) : waiting > 0 ? t("waiting.badge", { n: waiting }) : t("waiting.badge_none");
  return (
    <button
      type="button"
      className={`badge ${tone}`}
      onClick={() => go(to.waiting())}
      data-testid="waiting-badge"
      data-waiting={waiting}
      data-refused={refused}
      data-standing={standing}
    >
      <span aria-hidden="true">{tone === "bad" ? "✕" : tone === "wait" ? (standing === "unreachable" ? "⚡" : "↑") : "✓"}</span> {text}
    </button>
  );
}

export function Header({ title, back, sub }: { title: string; back?: string; sub?: string }) {
  return (
    <header className="header">
      {back === undefined ? null : (
        <button type="button" className="back" aria-label={t("back")} data-testid="back" onClick={() => leaveTo(back)}>
          ‹
        </button>
      )}
      <div className="title">
        <h1 className={title.length > 14 ? "long" : ""}>{title}</h1>
        {sub ? <p>{sub}</p> : null}
      </div>
      <Badge />
    </header>
  );
}

/** Whatever the person is doing: something came back and must be settled. Sounds once for each that comes. */
export function CameBack() {
  const n = useEntries().filter((one) => one.state === "refused").length;
  const before = useRef(n);
  useEffect(() => {
    if (n > before.current) signal("unknown");
    before.current = n;
  }, [n]);
  if (n === 0) return null;
  return (
    <button type="button" className="came-back" onClick={() => go(to.waiting())} data-testid="came-back">
      {t("waiting.strip", { n })} <span aria-hidden="true">›</span>
    </button>
  );
}
