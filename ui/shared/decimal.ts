/**
 * Quantities and money travel as decimal text. Everything here works on that text or on big integers:
 * a JavaScript number never holds a quantity, so "0.1" + "0.2" is "0.3" and 20 digits stay 20 digits.
 */
export type Decimal = string;

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;

interface Parts {
  negative: boolean;
  whole: string;
  fraction: string;
}

function parts(text: Decimal): Parts | null {
  const found = DECIMAL.exec(text.trim());
  if (!found || (!found[2] && !found[3])) return null;
  return { negative: found[1] === "-", whole: (found[2] || "0").replace(/^0+(?=\d)/, ""), fraction: found[3] ?? "" };
}

function scaled(text: Decimal, scale: number): bigint {
  const read = parts(text);
  if (!read) throw new TypeError(`not a decimal: ${text}`);
  const digits = BigInt(read.whole + read.fraction.padEnd(scale, "0"));
  return read.negative ? -digits : digits;
}

function scaleOf(text: Decimal): number {
  return parts(text)?.fraction.length ?? 0;
}

export function isDecimal(text: string): boolean {
  return parts(text) !== null;
}

/** -1, 0 or 1; null and text that is no number count as 0. */
export function signOf(text: Decimal | null | undefined): -1 | 0 | 1 {
  const read = text == null ? null : parts(text);
  if (!read || /^0*$/.test(read.whole + read.fraction)) return 0;
  return read.negative ? -1 : 1;
}

export function add(...all: Decimal[]): Decimal {
  const scale = Math.max(0, ...all.map(scaleOf));
  const sum = all.reduce((total, one) => total + scaled(one, scale), 0n);
  return fromScaled(sum, scale);
}

export function negate(text: Decimal): Decimal {
  return fromScaled(-scaled(text, scaleOf(text)), scaleOf(text));
}

/** Sorts like numbers: below 0 when a < b. */
export function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(scaleOf(a), scaleOf(b));
  const left = scaled(a, scale);
  const right = scaled(b, scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

function fromScaled(value: bigint, scale: number): Decimal {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const text = scale ? `${whole}.${digits.slice(-scale)}` : whole;
  return value < 0n ? `-${text}` : text;
}

/** A number good enough to draw a bar's length or pick a colour, never to show or send. */
export function toPlot(text: Decimal | null | undefined): number {
  return text == null ? 0 : Number(text);
}

interface Written {
  /** "+" before gains; minus is the true sign U+2212. */
  signed?: boolean;
  /** Digits after the point at least (money: 2). Digits are never cut. */
  decimals?: number;
  /** Drops zeros at the end: 12.500 → 12.5. */
  trim?: boolean;
}

/** "-1234.50" → "−1,234.5". Text that is no number is given back as it is. */
export function formatDecimal(text: Decimal | null | undefined, { signed = false, decimals = 0, trim = true }: Written = {}): string {
  if (text == null || text === "") return "—";
  const read = parts(text);
  if (!read) return text;
  const whole = read.whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const kept = (trim ? read.fraction.replace(/0+$/, "") : read.fraction).padEnd(decimals, "0");
  const sign = signOf(text);
  const mark = sign < 0 ? "−" : sign > 0 && signed ? "+" : "";
  return mark + whole + (kept ? `.${kept}` : "");
}

/** "0.9821" → "98.21%"; cut, not rounded up, so 0.99996 is never called 100%. */
export function formatShare(text: Decimal | null | undefined, decimals = 2): string {
  if (text == null) return "—";
  const scale = Math.max(scaleOf(text), decimals + 2);
  const cut = scaled(text, scale) / 10n ** BigInt(scale - decimals - 2);
  return `${formatDecimal(fromScaled(cut, decimals))}%`;
}

const SYMBOLS: Record<string, string> = { CNY: "¥", EUR: "€", USD: "$", GBP: "£", JPY: "JP¥" };

/** Money with sign, symbol and at least two decimals: "−¥1,234.50". */
export function formatMoney(text: Decimal | null | undefined, currency = "CNY", signed = false): string {
  if (text == null || text === "") return "—";
  const bare = formatDecimal(text, { signed, decimals: 2 });
  const symbol = SYMBOLS[currency] ?? `${currency} `;
  return /^[+−]/.test(bare) ? bare.charAt(0) + symbol + bare.slice(1) : symbol + bare;
}
