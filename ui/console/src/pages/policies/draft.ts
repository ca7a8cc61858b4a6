import type { PolicyLevel, PolicyRule } from "@shared/model";

/** What the book or the moment of a count may say of a line that a rule can ask for. */
export const REASONS = ["moved_between_scans", "ambiguous_movements", "negative_book", "snapshot_restated", "scan_before_snapshot"] as const;

/** Without what was left empty: a rule says only what it changes. An own tolerance stays, even one without limits. */
export function tidied<Item extends PolicyRule | PolicyLevel>(item: Item): Item {
  const said = Object.entries(item).filter(([, value]) => value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0));
  return Object.fromEntries(said) as unknown as Item;
}

/** The list with one row in another place. */
export function shifted<Row>(rows: Row[], from: number, to: number): Row[] {
  const row = rows[from];
  if (row === undefined || to < 0 || to >= rows.length) return rows;
  const rest = rows.filter((_, index) => index !== from);
  return [...rest.slice(0, to), row, ...rest.slice(to)];
}
