import { useEffect, useRef } from "react";
import { Burst, GAP } from "./burst";

interface Hearing {
  /** A whole code, from a scanner in keyboard mode anywhere on the page. */
  onScan: (text: string) => void;
  /** A single key pressed by hand outside any field: digits, "." , "Backspace", "Enter". */
  onKey?: (key: string) => void;
}

/** Keys pressed by hand are believed only after this pause, so that a scanned barcode never becomes a quantity. */
const PAUSE = GAP + 30;
/** A burst that never ended in Enter: this long, it is a code and no quantity. */
const CODE_LENGTH = 6;

/** Listens on the whole page while the component is shown. */
export function useScans(hearing: Hearing): void {
  const current = useRef(hearing);
  current.current = hearing;
  useEffect(() => {
    const ear = new Ear(() => current.current);
    window.addEventListener("keydown", ear.hear, { capture: true });
    return () => {
      window.removeEventListener("keydown", ear.hear, { capture: true });
      ear.stop();
    };
  }, []);
}

class Ear {
  private readonly burst = new Burst();
  private pending: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly hearing: () => Hearing) {}

  readonly hear = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey || event.isComposing) return;
    const scanned = this.burst.push({ key: event.key, ctrl: event.ctrlKey, at: event.timeStamp });
    const field = event.target instanceof HTMLInputElement ? event.target : null;
    if (scanned !== null) {
      event.preventDefault();
      event.stopPropagation();
      this.forget();
      if (field) field.value = "";
      this.hearing().onScan(scanned);
      return;
    }
    // A blank or Ctrl+] inside a burst must not press the focused button or call the browser.
    if (this.burst.length > 1 && (event.key === " " || event.ctrlKey)) event.preventDefault();
    if (!field && this.hearing().onKey && !event.ctrlKey) this.note(event);
  };

  stop(): void {
    this.forget();
  }

  private note(event: KeyboardEvent): void {
    const key = event.key === "," ? "." : event.key;
    if (!/^(?:[0-9.]|Backspace|Enter)$/.test(key)) {
      // A letter means that this is no number being typed.
      if (key.length === 1) this.pending = [];
      return;
    }
    if (key === "Enter" && event.target instanceof HTMLButtonElement) event.preventDefault();
    this.pending.push(key);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PAUSE);
  }

  private flush(): void {
    const keys = this.pending;
    this.pending = [];
    const digits = keys.filter((key) => /\d/.test(key)).join("");
    if (digits.length >= CODE_LENGTH) return this.hearing().onScan(digits);
    for (const key of keys) this.hearing().onKey?.(key);
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.pending = [];
  }
}
