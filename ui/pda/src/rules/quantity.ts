import { isDecimal, type Decimal } from "@shared/decimal";
import type { Unit } from "../data/model";

export type Key = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "dot" | "back" | "clear";

/** Why a key did nothing. */
export type Refusal = "no_decimals" | "too_many_decimals" | "too_long" | null;

/** Digits before the point: enough for any bin, too few for a barcode typed by mistake. */
export const LONGEST = 7;

export interface Pressed {
  text: string;
  refusal: Refusal;
}

/** What the display holds after one key, or why it stays as it was. The text is never turned into a number. */
export function press(text: string, key: Key, decimals: number): Pressed {
  if (key === "clear") return { text: "", refusal: null };
  if (key === "back") return { text: text.slice(0, -1), refusal: null };
  const [whole = "", fraction] = text.split(".");
  if (key === "dot") {
    if (decimals === 0) return { text, refusal: "no_decimals" };
    return fraction === undefined ? { text: `${whole || "0"}.`, refusal: null } : { text, refusal: null };
  }
  if (fraction !== undefined) {
    return fraction.length >= decimals ? { text, refusal: "too_many_decimals" } : { text: text + key, refusal: null };
  }
  if (whole === "0") return { text: key, refusal: null };
  return whole.length >= LONGEST ? { text, refusal: "too_long" } : { text: whole + key, refusal: null };
}

/** The typed text as it is sent: "2." is 2; nothing typed is null, never zero. */
export function typed(text: string): Decimal | null {
  if (text === "" || text === "." || !isDecimal(text)) return null;
  return text.endsWith(".") ? text.slice(0, -1) : text;
}

/** Whether a text typed in one unit may stand in another: 1.5 kg cannot become 1.5 boxes. */
export function fits(text: string, decimals: number): boolean {
  const fraction = text.split(".")[1];
  return fraction === undefined || (decimals > 0 && fraction.length <= decimals);
}

/**
 * What a quantity is in base units, exactly: 2 boxes of 12 → "24". Null when it does not come out within
 * six decimals (it is only shown; the server converts for itself).
 */
export function inBase(quantity: Decimal, unit: Pick<Unit, "numerator" | "denominator">): Decimal | null {
  const [top, topScale] = whole(quantity);
  const [up, upScale] = whole(unit.numerator);
  const [down, downScale] = whole(unit.denominator);
  if (down === 0n) return null;
  const numerator = top * up * 10n ** BigInt(downScale + 6);
  const denominator = down * 10n ** BigInt(topScale + upScale);
  if (numerator % denominator !== 0n) return null;
  const digits = (numerator / denominator).toString().padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, "");
}

export function isBase(unit: Unit): boolean {
  return inBase("1", unit) === "1";
}

function whole(text: Decimal): [bigint, number] {
  const [integer = "0", fraction = ""] = text.split(".");
  return [BigInt(integer + fraction), fraction.length];
}
