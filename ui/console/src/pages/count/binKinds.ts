import { add, signOf } from "@shared/decimal";
import { type BinCell, seesBook } from "@shared/model";

/** What a cell of the map says. */
export type BinKind = "open" | "counting" | "match" | "gain" | "loss" | "recount";

export const KINDS: readonly BinKind[] = ["loss", "gain", "recount", "match", "counting", "open"];

/** The variance first, since people look before they read; then who is waited for; then how far the counting is. */
export function kindOf(bin: BinCell): BinKind {
  if (seesBook(bin) && bin.variance_lines > 0) {
    // Gains and losses that cancel out are a variance all the same.
    return signOf(add(bin.gain ?? "0", bin.loss ?? "0")) > 0 ? "gain" : "loss";
  }
  if (bin.state === "recount" || bin.state === "open" || bin.state === "counting") return bin.state;
  return "match";
}

/** A variance somebody still has to count again or decide: marked in the corner of its cell. */
export function isUndecided(bin: BinCell): boolean {
  return bin.state === "recount";
}
