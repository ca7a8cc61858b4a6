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

/** A scan that came while the screen was changing waits this long for the next screen. */
const HELD_FOR = 3000;

let listener: { readonly current: Hearing } | null = null;
let held: { text: string; at: number } | null = null;

/** Keeps a scan for the screen that comes next, for instance while a quantity is being written. */
export function holdScan(text: string): void {
  held = { text, at: Date.now() };
}

/** Hears for the screen shown. One ear listens through all screens, so that a burst is never cut in two by a change of screen. */
export function useScans(hearing: Hearing): void {
  const current = useRef(hearing);
  current.current = hearing;
  useEffect(() => {
    listener = current;
    const waiting = held;
    held = null;
    if (waiting && Date.now() - waiting.at < HELD_FOR) current.current.onScan(waiting.text);
    return () => {
      if (listener === current) listener = null;
    };
  }, []);
}

class Ear {
  private readonly burst = new Burst();
  private pending: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  readonly hear = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey || event.isComposing) return;
    const scanned = this.burst.push({ key: event.key, ctrl: event.ctrlKey, at: event.timeStamp });
    const field = event.target instanceof HTMLInputElement ? event.target : null;
    if (scanned !== null) {
      event.preventDefault();
      event.stopPropagation();
      this.forget();
      if (field) field.value = "";
      this.tell(scanned);
      return;
    }
    // A blank or Ctrl+] inside a burst must not press the focused button or call the browser.
    if (this.burst.length > 1 && (event.key === " " || event.ctrlKey)) event.preventDefault();
    if (!field && listener?.current.onKey && !event.ctrlKey) this.note(event);
  };

  private tell(text: string): void {
    if (listener) listener.current.onScan(text);
    else holdScan(text);
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
    if (digits.length >= CODE_LENGTH) return this.tell(digits);
    for (const key of keys) listener?.current.onKey?.(key);
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.pending = [];
  }
}

export function startListening(): void {
  window.addEventListener("keydown", new Ear().hear, { capture: true });
}
