/** A scanner in keyboard mode types far faster than a hand: keys at most this many ms apart belong to one scan. */
export const GAP = 80;
/** Shorter bursts are a hand rolling over keys. */
const SHORTEST = 3;

const NAMED: Readonly<Record<string, string>> = { F8: "\u001d" };

export interface Stroke {
  key: string;
  ctrl: boolean;
  /** Event time in ms; the time of the press itself, so a busy page does not stretch a burst. */
  at: number;
}

/** Gathers key strokes; `push` answers with the scanned text when a burst ends in Enter or Tab. */
export class Burst {
  private text = "";
  private last = Number.NEGATIVE_INFINITY;

  push(stroke: Stroke): string | null {
    if (stroke.at - this.last > GAP) this.text = "";
    if (stroke.key === "Enter" || stroke.key === "Tab") {
      const scanned = this.text;
      this.text = "";
      this.last = Number.NEGATIVE_INFINITY;
      return scanned.length >= SHORTEST ? scanned : null;
    }
    const character = characterOf(stroke);
    // Shift and the like come between characters and are no part of the text.
    if (character === null) return null;
    this.text += character;
    this.last = stroke.at;
    return null;
  }

  /** How many characters the running burst holds. */
  get length(): number {
    return this.text.length;
  }
}

/** Scanners send the GS1 separator as Ctrl+] (ASCII 29) or F8. */
function characterOf({ key, ctrl }: Stroke): string | null {
  if (ctrl) return key === "]" ? "\u001d" : null;
  return NAMED[key] ?? ([...key].length === 1 ? key : null);
}
