import { add, type Decimal } from "@shared/decimal";
import type { Entry } from "../data/database";
import type { Draft } from "../data/outbox";
import { finerOf, keyOf, type Bin, type Finer, type Goods, type Id, type Item, type Sheet } from "../data/model";
import { allDraft, isAllScanned, isSerial, serialsOf, type Serial } from "./serials";

/** One counted amount that stands: ours from this device, or what the server had already. */
export interface Portion {
  quantity: Decimal;
  unit: string;
  /** Entry on this device; null for what came from elsewhere. */
  entry: Entry | null;
}

/** Goods of a bin as the person sees them: on the list, or found there. */
export interface Row {
  item: Item;
  lot: string | null;
  /** Null: nobody said, as of goods found outside the list. */
  finer: Finer | null;
  goods: Goods | null;
  portions: Portion[];
  /** Of goods with serials: those found, and whether the person said that was all; null for other goods. */
  serials: { found: Serial[]; all: boolean } | null;
}

/** Is there a result for these goods? */
export function isCounted(row: Row): boolean {
  return row.serials ? row.serials.all : row.portions.length > 0;
}

export interface BinView {
  bin: Bin;
  rows: Row[];
  open: number;
  emptied: boolean;
  done: boolean;
  /** The last thing done here that can be taken back. */
  last: Entry | null;
}

const stands = (entry: Entry): boolean => !entry.undone && (entry.state === "waiting" || entry.state === "acknowledged");

export function entriesOfBin(entries: readonly Entry[], sheet: Id, bin: string): Entry[] {
  return entries.filter((one) => String(one.sheet) === String(sheet) && one.bin === bin);
}

/** Everything about one bin, from the sheet as opened and what was done on this device since. */
export function viewBin(sheet: Sheet, bin: Bin, entries: readonly Entry[]): BinView {
  const here = entriesOfBin(entries, sheet.sheet.id, bin.bin);
  const standing = here.filter((one) => stands(one) && (one.kind === "scan" || one.kind === "empty"));
  const known = new Set(here.map((one) => one.id));
  const rows: Row[] = bin.goods.map((goods) => ({
    item: goods, lot: goods.lot, finer: finerOf(goods), goods, portions: isSerial(goods) ? [] : portionsOf(goods, standing, known), serials: seen(goods, goods, here),
  }));
  for (const entry of standing) {
    if (entry.kind === "scan" && !rows.some((row) => isOf(row, entry))) rows.push(foundRow(sheet, entry, standing, here));
  }
  const open = rows.filter((row) => !isCounted(row)).length;
  const emptied = standing.length > 0 && standing.every((one) => one.kind === "empty" || one.group !== null);
  return { bin, rows, open, emptied, done: open === 0 && (rows.length > 0 || emptied), last: standing.at(-1) ?? null };
}

/** What "bin is empty" records: a zero for each goods on the list that has no amount; for a bin without goods, that somebody looked. */
export function emptyDrafts(sheet: Sheet, view: BinView): Draft[] {
  const place = { sheet: sheet.sheet.id, bin: view.bin.bin };
  if (view.rows.length === 0) return [{ kind: "empty", ...place }];
  return view.rows.filter((row) => !isCounted(row)).map(({ item, lot, finer }) => {
    if (isSerial(item)) return allDraft(place.sheet, place.bin, item);
    const unit = item.units[0];
    return {
      kind: "scan", ...place, item: item.item, name_zh: item.name_zh, name_en: item.name_en, lot, finer, quantity: "0",
      unit: unit?.code ?? "", unit_zh: unit?.name_zh ?? "", unit_en: unit?.name_en ?? "",
    };
  });
}

export function viewSheet(sheet: Sheet, entries: readonly Entry[]): BinView[] {
  return sheet.bins.map((bin) => viewBin(sheet, bin, entries));
}

/** The next bin in walking order that is not done, after `current` and round the corner; null when all are done. */
export function nextBin(views: readonly BinView[], current: string | null): BinView | null {
  const at = views.findIndex((view) => view.bin.bin === current);
  return [...views.slice(at + 1), ...views.slice(0, at + 1)].find((view) => !view.done) ?? null;
}

/** Amounts of one unit added up: [["2", "BOX"], ["3", "u"]]. */
export function totals(portions: readonly Portion[]): [Decimal, string][] {
  const sums = new Map<string, Decimal>();
  for (const { quantity, unit } of portions) sums.set(unit, add(sums.get(unit) ?? "0", quantity));
  return [...sums].filter(([, sum], _, all) => all.length === 1 || !/^0*\.?0*$/.test(sum)).map(([unit, sum]) => [sum, unit]);
}

function isOf(row: Row, entry: Entry): boolean {
  return isSerial(row.item) ? row.item.item === entry.item : keyOf(row.item.item, row.lot, row.finer) === keyOf(entry.item, entry.lot, entry.finer);
}

function portionsOf(goods: Goods, standing: readonly Entry[], known: ReadonlySet<string>): Portion[] {
  const own = standing.filter((one) => one.kind === "scan" && keyOf(one.item, one.lot, one.finer) === keyOf(goods.item, goods.lot, goods)).map(asPortion);
  // What the server heard from this device is already among our own entries.
  const elsewhere = goods.counted && !known.has(goods.counted.scan) ? [{ ...goods.counted, entry: null }] : [];
  return [...elsewhere, ...own];
}

function seen(item: Item, goods: Goods | null, here: readonly Entry[]): Row["serials"] {
  return isSerial(item) ? { found: serialsOf(item.item, goods, here), all: isAllScanned(item.item, goods, here) } : null;
}

function asPortion(entry: Entry): Portion {
  return { quantity: entry.quantity ?? "0", unit: entry.unit ?? "", entry };
}

function foundRow(sheet: Sheet, entry: Entry, standing: readonly Entry[], here: readonly Entry[]): Row {
  const item: Item = sheet.items.find((one) => one.item === entry.item) ?? {
    item: entry.item ?? "", name_zh: entry.name_zh ?? "", name_en: entry.name_en ?? "", codes: [], lot_tracked: entry.lot !== null,
    tracking: entry.lot === null ? "none" : "lot", units: [],
  };
  const row: Row = { item, lot: isSerial(item) ? null : entry.lot, finer: isSerial(item) ? null : (entry.finer ?? null), goods: null, portions: [], serials: seen(item, null, here) };
  if (row.serials) return row;
  row.portions = standing.filter((one) => one.kind === "scan" && isOf(row, one)).map(asPortion);
  return row;
}
