import type { Key } from "../rules/quantity";
import { t } from "../words";

const KEYS: readonly Key[] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "dot", "0", "back"];

/** Twelve keys for gloves. The point stays where it is when the unit has no decimals: pressing it says why it does nothing. */
export function Keypad({ onKey, decimals }: { onKey: (key: Key) => void; decimals: number }) {
  return (
    <div className="keypad">
      {KEYS.map((key) => (
        <button
          key={key}
          type="button"
          className={key === "dot" && decimals === 0 ? "key off" : "key"}
          data-testid={`key-${key}`}
          aria-label={key === "back" ? t("key.back") : key === "dot" ? t("key.dot") : key}
          onClick={() => onKey(key)}
        >
          {key === "back" ? "⌫" : key === "dot" ? "." : key}
        </button>
      ))}
    </div>
  );
}
