import { gtin14, GS, parseGs1, type Gs1, type Gs1Error } from "@shared/gs1";
import type { Bin, Goods, Item, Sheet } from "../data/model";

export type BinScan = { kind: "right" | "other"; bin: Bin } | { kind: "unknown"; text: string };

export type GoodsScan =
  /** On the list of this bin; more than one when lots or codes are shared: the person chooses. */
  | { kind: "listed"; goods: Goods[]; label: Gs1 | null }
  /** Known goods that this bin's list does not hold. */
  | { kind: "found"; items: Item[]; label: Gs1 | null }
  | { kind: "bin"; bin: Bin }
  | { kind: "bad_label"; error: Gs1Error }
  | { kind: "unknown"; text: string; similar: Item[] };

const MOST_SIMILAR = 20;

/** Codes are text and stay text: "00123" is not "123", "1E5" is not 100000. Only case and blanks around are forgiven. */
function fold(text: string): string {
  return text.trim().toUpperCase();
}

export function findBin(bins: readonly Bin[], text: string): Bin | null {
  const codes = (bin: Bin): string[] => [bin.bin, ...bin.barcodes];
  return (
    bins.find((bin) => codes(bin).includes(text.trim())) ?? bins.find((bin) => codes(bin).some((code) => fold(code) === fold(text))) ?? null
  );
}

export function resolveBin(bins: readonly Bin[], wanted: string, text: string): BinScan {
  const bin = findBin(bins, text);
  if (!bin) return { kind: "unknown", text: text.trim() };
  return { kind: bin.bin === wanted ? "right" : "other", bin };
}

/** What a scan or a typed code means inside a bin. `year` decides the century of dates on labels. */
export function resolveGoods(sheet: Sheet, bin: Bin, text: string, year: number): GoodsScan {
  const plain = match(sheet, bin, (item) => item.codes.some((code) => code === text.trim()), null);
  if (plain) return plain;
  const other = findBin(sheet.bins, text);
  if (other) return { kind: "bin", bin: other };
  const parsed = parseGs1(text, year);
  if (!parsed.ok && parsed.error !== "not_gs1") return { kind: "bad_label", error: parsed.error };
  const label = parsed.ok ? parsed.value : null;
  const gtin = label ? (label.gtin ?? label.content) : gtin14(text.trim());
  const byGtin = gtin ? match(sheet, bin, (item) => item.codes.some((code) => gtin14(code) === gtin), label) : null;
  const byFold = (): GoodsScan | null => match(sheet, bin, (item) => item.codes.some((code) => fold(code) === fold(text)), null);
  const shown = gtin ?? text.split(GS).join(" ").trim();
  return byGtin ?? byFold() ?? { kind: "unknown", text: shown, similar: similar(sheet.items, text) };
}

function match(sheet: Sheet, bin: Bin, fits: (item: Item) => boolean, label: Gs1 | null): GoodsScan | null {
  const goods = bin.goods.filter(fits);
  const lot = label?.lot ?? null;
  const ofLot = lot === null ? goods : goods.filter((one) => !one.lot_tracked || one.tracking === "serial" || one.lot === lot);
  if (ofLot.length > 0) return { kind: "listed", goods: ofLot, label };
  const items = sheet.items.filter(fits);
  if (items.length > 0) return { kind: "found", items, label };
  // The list holds the item in another lot, and the item list was cut short: it is still found goods.
  const listed = goods[0];
  return listed ? { kind: "found", items: [listed], label } : null;
}

/** Items whose code or name holds the typed text, for a label that cannot be read. */
export function similar(items: readonly Item[], text: string): Item[] {
  const part = fold(text);
  if (part.length < 2) return [];
  const holds = (value: string): boolean => fold(value).includes(part);
  return items.filter((item) => item.codes.some(holds) || holds(item.name_zh) || holds(item.name_en)).slice(0, MOST_SIMILAR);
}

/** A lot as scanned or typed: from a GS1 label its lot field, else the text itself; null when there is none or the label is damaged. */
export function readLot(text: string, year: number): string | null {
  const parsed = parseGs1(text, year);
  if (parsed.ok) return parsed.value.lot;
  return parsed.error === "not_gs1" ? text.trim() || null : null;
}
