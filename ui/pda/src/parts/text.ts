import { formatDecimal, type Decimal } from "@shared/decimal";
import type { Entry } from "../data/database";
import { FINER, type Finer, type Item } from "../data/model";
import { totals, type Portion, type Row } from "../rules/counted";
import { nameOf, t } from "../words";

/** "12 箱"; an unknown unit is shown by its code. */
export function withUnit(quantity: Decimal, code: string, item: Pick<Item, "units"> | null): string {
  const unit = item?.units.find((one) => one.code === code);
  return `${formatDecimal(quantity, { trim: false })} ${unit ? nameOf(unit) : code}`.trim();
}

/** "2 箱 + 3 件". */
export function amounts(portions: readonly Portion[], item: Item): string {
  return totals(portions).map(([sum, unit]) => withUnit(sum, unit, item)).join(" + ");
}

export function rowAmounts(row: Row): string {
  return amounts(row.portions, row.item);
}

/** " · Lot L7 · Status HOLD": what tells the goods apart beside their item. */
export function partsText(lot: string | null, finer: Finer | null): string {
  const told = [lot ? t("bin.lot", { lot }) : "", ...FINER.map((part) => (finer?.[part] ? t(`bin.${part}`, { code: finer[part] ?? "" }) : ""))];
  return told.map((part) => (part ? ` · ${part}` : "")).join("");
}

/** One line about what was done: amount, name, lot and the finer parts. */
export function describe(entry: Entry): string {
  if (entry.kind === "submit") return t("waiting.kind_submit");
  if (entry.kind === "all") return t("serials.all_of", { what: nameOf(entry) || (entry.item ?? "") });
  if (entry.kind === "empty" || entry.item === null) return t("bin.undo_empty");
  const unit = nameOf({ name_zh: entry.unit_zh, name_en: entry.unit_en }) || (entry.unit ?? "");
  const name = nameOf(entry) || entry.item;
  return `${formatDecimal(entry.quantity, { trim: false })} ${unit} · ${name}${[entry.lot, ...FINER.map((part) => entry.finer?.[part])].map((part) => (part ? ` · ${part}` : "")).join("")}`;
}
