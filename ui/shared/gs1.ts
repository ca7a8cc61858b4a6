/**
 * GS1 element strings as they come out of a scanner: GTIN, lot, expiry, serial, quantity.
 * Strict: a wrong check digit, an impossible date or a value that is too long is an error, never a guess.
 * The cases in gs1.vectors.json hold for every implementation of this parser.
 */

export interface Gs1 {
  gtin: string | null;
  /** GTIN of the goods inside a logistic unit, AI (02). */
  content: string | null;
  lot: string | null;
  /** Expiry as YYYY-MM-DD; day 00 means the last day of the month. */
  expiry: string | null;
  serial: string | null;
  /** AI (30) or (37): a whole number as text. */
  quantity: string | null;
}

export type Gs1Error =
  | "not_gs1"
  | "check_digit"
  | "bad_date"
  | "bad_characters"
  | "too_long"
  | "too_short"
  | "empty_value"
  | "repeated"
  | "unknown_ai";

export type Gs1Result = { ok: true; value: Gs1 } | { ok: false; error: Gs1Error; ai: string | null };

export const GS = "\u001d";
const SYMBOLOGY = /^\](?:C1|e0|d2|Q3|J1)/;
const CSET82 = /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+$/;
const DIGITS = /^[0-9]+$/;

/** AIs whose value has a fixed length and therefore needs no separator: [AI pattern, AI length, value length]. */
const FIXED: readonly (readonly [RegExp, number, number])[] = [
  [/^00/, 2, 18],
  [/^0[123]/, 2, 14],
  [/^04/, 2, 16],
  [/^1[1-9]/, 2, 6],
  [/^20/, 2, 2],
  [/^3[1-6]/, 4, 6],
  [/^41/, 3, 13],
];
/** Variable length AIs we read: longest value allowed. */
const VARIABLE: Readonly<Record<string, number>> = { "10": 20, "21": 20, "30": 8, "37": 8 };

class Refused extends Error {
  constructor(readonly reason: Gs1Error, readonly ai: string | null) {
    super(reason);
  }
}

/** Modulo 10 check digit over all digits, the last one being the check digit. */
export function hasValidCheckDigit(digits: string): boolean {
  if (!DIGITS.test(digits) || digits.length < 2) return false;
  let sum = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - fromRight) - 48;
    sum += fromRight % 2 === 0 ? digit : digit * 3;
  }
  return sum % 10 === 0;
}

/** GTIN-8, -12, -13 or -14 as the 14 digits used for comparing, or null when it is not a valid GTIN. */
export function gtin14(text: string): string | null {
  if (![8, 12, 13, 14].includes(text.length) || !hasValidCheckDigit(text)) return null;
  return text.padStart(14, "0");
}

/** Reads one scanned text. `year` is the current year: it decides the century of expiry dates. */
export function parseGs1(text: string, year: number): Gs1Result {
  try {
    return { ok: true, value: interpret(split(text), year) };
  } catch (problem) {
    if (problem instanceof Refused) return { ok: false, error: problem.reason, ai: problem.ai };
    throw problem;
  }
}

type Element = readonly [ai: string, value: string];

function split(text: string): Element[] {
  const trimmed = text.trim();
  if (trimmed.startsWith("(")) return splitBracketed(trimmed);
  const marked = SYMBOLOGY.test(trimmed) || trimmed.startsWith(GS);
  const plain = trimmed.replace(SYMBOLOGY, "").replace(new RegExp(`^${GS}+`), "");
  // Without a symbology mark only a text that opens with a whole valid GTIN is taken for GS1, so "0123" stays an item code.
  const opensWithGtin = /^0[12]/.test(plain) && plain.length >= 16 && DIGITS.test(plain.slice(2, 16));
  if (!marked && !opensWithGtin) throw new Refused("not_gs1", null);
  if (!marked && plain.length > 16 && !hasValidCheckDigit(plain.slice(2, 16))) throw new Refused("check_digit", plain.slice(0, 2));
  return splitElements(plain);
}

function splitBracketed(text: string): Element[] {
  const elements: Element[] = [];
  const pattern = /\((\d{2,4})\)((?:(?!\(\d{2,4}\)).)*)/gy;
  let end = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [whole, ai = "", value = ""] = match;
    elements.push([ai, value.trim()]);
    end += whole.length;
  }
  if (end !== text.length || elements.length === 0) throw new Refused("not_gs1", null);
  return elements;
}

function splitElements(text: string): Element[] {
  const elements: Element[] = [];
  let rest = text;
  while (rest !== "") {
    const fixed = FIXED.find(([pattern]) => pattern.test(rest));
    if (fixed) {
      const [, aiLength, length] = fixed;
      const ai = rest.slice(0, aiLength);
      const value = rest.slice(aiLength, aiLength + length);
      if (value.length < length || value.includes(GS)) throw new Refused("too_short", ai);
      elements.push([ai, value]);
      rest = rest.slice(aiLength + length).replace(new RegExp(`^${GS}`), "");
      continue;
    }
    if (!/^\d{2}/.test(rest)) throw new Refused("unknown_ai", rest.slice(0, 2));
    const stop = rest.indexOf(GS);
    const part = stop < 0 ? rest : rest.slice(0, stop);
    // An AI we do not read ends at the separator; its own length does not matter then.
    elements.push([part.slice(0, 2), part.slice(2)]);
    rest = stop < 0 ? "" : rest.slice(stop + 1);
  }
  if (elements.length === 0) throw new Refused("not_gs1", null);
  return elements;
}

function interpret(elements: readonly Element[], year: number): Gs1 {
  const read: Gs1 = { gtin: null, content: null, lot: null, expiry: null, serial: null, quantity: null };
  const put = (field: keyof Gs1, ai: string, value: string): void => {
    if (read[field] !== null && read[field] !== value) throw new Refused("repeated", ai);
    read[field] = value;
  };
  for (const [ai, value] of elements) {
    if (ai === "01") put("gtin", ai, readGtin(ai, value));
    else if (ai === "02") put("content", ai, readGtin(ai, value));
    else if (ai === "17") put("expiry", ai, readDate(ai, value, year));
    else if (ai === "10") put("lot", ai, readText(ai, value));
    else if (ai === "21") put("serial", ai, readText(ai, value));
    else if (ai === "30" || ai === "37") put("quantity", ai, readCount(ai, value));
  }
  return read;
}

function readGtin(ai: string, value: string): string {
  if (!DIGITS.test(value)) throw new Refused("bad_characters", ai);
  if (value.length !== 14) throw new Refused(value.length < 14 ? "too_short" : "too_long", ai);
  if (!hasValidCheckDigit(value)) throw new Refused("check_digit", ai);
  return value;
}

function readText(ai: string, value: string): string {
  if (value === "") throw new Refused("empty_value", ai);
  if (value.length > (VARIABLE[ai] ?? 20)) throw new Refused("too_long", ai);
  if (!CSET82.test(value)) throw new Refused("bad_characters", ai);
  return value;
}

function readCount(ai: string, value: string): string {
  const text = readText(ai, value);
  if (!DIGITS.test(text)) throw new Refused("bad_characters", ai);
  return text.replace(/^0+(?=\d)/, "");
}

function readDate(ai: string, value: string, year: number): string {
  if (!/^\d{6}$/.test(value)) throw new Refused("bad_date", ai);
  const full = century(Number(value.slice(0, 2)), year);
  const month = Number(value.slice(2, 4));
  if (month < 1 || month > 12) throw new Refused("bad_date", ai);
  const last = new Date(Date.UTC(full, month, 0)).getUTCDate();
  const day = Number(value.slice(4, 6)) || last;
  if (day > last) throw new Refused("bad_date", ai);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${full}-${two(month)}-${two(day)}`;
}

/** GS1 rule: a two-digit year lies between 49 years back and 50 years ahead; 2026 reads 77 as 1977 and 76 as 2076. */
function century(two: number, year: number): number {
  const full = year - (year % 100) + two;
  const distance = two - (year % 100);
  if (distance >= 51) return full - 100;
  return distance <= -50 ? full + 100 : full;
}
