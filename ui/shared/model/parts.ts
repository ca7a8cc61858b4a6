/** What tells goods of one item in one place apart; null = none: no lot, free stock, our own, loose. */
export interface Parts {
  lot: string | null;
  status: string | null;
  owner: string | null;
  package: string | null;
}

export const PARTS = ["lot", "status", "owner", "package"] as const;

/** The parts there are, in their order. */
export const partsOf = (row: Partial<Parts>): string[] => PARTS.flatMap((part) => row[part] ?? []);
