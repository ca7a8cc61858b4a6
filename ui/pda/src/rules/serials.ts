import { gtin14, parseGs1 } from "@shared/gs1";
import type { Entry } from "../data/database";
import type { Draft } from "../data/outbox";
import type { Goods, Id, Item, Sheet } from "../data/model";
import { findBin } from "./resolve";

/** A serial that was found: with the entry of this device, or null for what the server heard from elsewhere. */
export interface Serial {
  serial: string;
  entry: Entry | null;
}

export type SerialScan =
  | { kind: "serial"; serial: string; expires: string | null }
  /** The label names the goods, and no serial. */
  | { kind: "item" }
  | { kind: "other"; text: string }
  | { kind: "bin"; bin: string }
  | { kind: "bad_label" };

export const isSerial = (item: Pick<Item, "tracking">): boolean => item.tracking === "serial";

const ofGoods = (entry: Entry, item: string): boolean => entry.item === item;

/** The serials of one item in a bin that stand, in the order they were scanned. `here`: all entries of the bin, undone ones too. */
export function serialsOf(item: string, goods: Goods | null, here: readonly Entry[]): Serial[] {
  const own = here.filter((one) => one.kind === "scan" && ofGoods(one, item) && one.lot !== null);
  const known = new Set(own.map((one) => one.id));
  const standing = own.filter((one) => !one.undone && (one.state === "waiting" || one.state === "acknowledged") && one.quantity !== "0");
  const heard = (goods?.serials ?? []).filter((one) => !known.has(one.scan) && !standing.some((entry) => entry.lot === one.serial));
  return [...heard.map(({ serial }) => ({ serial, entry: null })), ...standing.map((entry) => ({ serial: entry.lot ?? "", entry }))];
}

/** Did the person say that all were scanned, and take nothing back since? */
export function isAllScanned(item: string, goods: Goods | null, here: readonly Entry[]): boolean {
  const said = here.findLast((one) => one.kind === "all" && !one.undone && ofGoods(one, item) && (one.state === "waiting" || one.state === "acknowledged"));
  const back = here.findLast((one) => one.kind === "undo" && ofGoods(one, item) && (one.state === "waiting" || one.state === "acknowledged"));
  if (back && (said?.seq ?? -1) < back.seq) return false;
  return said !== undefined || goods?.all_scanned === true;
}

/** What a scan means while the serials of `item` are scanned. A text that is no label is a serial as it stands. */
export function readSerial(sheet: Sheet, item: Item, text: string, year: number): SerialScan {
  const plain = text.trim();
  if (item.codes.includes(plain)) return { kind: "item" };
  const bin = findBin(sheet.bins, plain);
  if (bin) return { kind: "bin", bin: bin.bin };
  if (sheet.items.some((one) => one.item !== item.item && one.codes.includes(plain))) return { kind: "other", text: plain };
  const parsed = parseGs1(text, year);
  if (!parsed.ok) return parsed.error === "not_gs1" && plain !== "" ? { kind: "serial", serial: plain, expires: null } : { kind: "bad_label" };
  const { gtin, serial, expiry } = parsed.value;
  if (gtin !== null && !item.codes.some((code) => gtin14(code) === gtin)) return { kind: "other", text: gtin };
  return serial === null ? { kind: "item" } : { kind: "serial", serial, expires: expiry };
}

/** One found serial: one of the base unit. */
export function serialDraft(sheet: Id, bin: string, item: Item, serial: string, expires: string | null): Draft {
  const unit = item.units[0];
  return {
    kind: "scan", sheet, bin, item: item.item, name_zh: item.name_zh, name_en: item.name_en, lot: serial, quantity: "1",
    unit: unit?.code ?? "", unit_zh: unit?.name_zh ?? "", unit_en: unit?.name_en ?? "", expires,
  };
}

export function allDraft(sheet: Id, bin: string, item: Item): Draft {
  return { kind: "all", sheet, bin, item: item.item, name_zh: item.name_zh, name_en: item.name_en };
}
