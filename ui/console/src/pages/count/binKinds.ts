import { add, signOf } from "@shared/decimal";
import type { BinCell } from "@shared/model";

/** What a cell of the map says. */
export type BinKind = "open" | "counting" | "match" | "gain" | "loss" | "recount";

export const KINDS: readonly BinKind[] = ["loss", "gain", "recount", "match", "counting", "open"];

/** Recount first (somebody has to go there), then what the variance says, then how far the counting is. */
export function kindOf(bin: BinCell): BinKind {
  if (bin.state === "recount" || bin.state === "open" || bin.state === "counting") return bin.state;
  const net = signOf(add(bin.gain ?? "0", bin.loss ?? "0"));
  if (net > 0) return "gain";
  if (net < 0) return "loss";
  // Gains and losses that cancel out are a variance all the same.
  return bin.variance_lines > 0 ? "loss" : "match";
}
