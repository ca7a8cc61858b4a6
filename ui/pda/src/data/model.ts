import type { Decimal } from "@shared/decimal";

/** What the server sends for the handheld, as far as this page may know it. */
export type Id = number | string;

export interface Unit {
  code: string;
  name_zh: string;
  name_en: string;
  /** One of this unit = numerator / denominator base units. */
  numerator: Decimal;
  denominator: Decimal;
  /** Decimals a person may type in this unit. */
  decimals: number;
}

export interface Item {
  item: string;
  name_zh: string;
  name_en: string;
  codes: string[];
  lot_tracked: boolean;
  /** "serial": each piece has a number of its own and is scanned by itself. */
  tracking: "none" | "lot" | "serial";
  units: Unit[];
}

/** A serial the server has heard of on this sheet. */
export interface HeardSerial {
  serial: string;
  scan: string;
}

/** What the server has already heard for these goods on this sheet. */
export interface Counted {
  quantity: Decimal;
  unit: string;
  scan: string;
}

/** What tells goods of one item and lot in one bin apart; null = none: free stock, our own, loose. */
export interface Finer {
  status: string | null;
  owner: string | null;
  package: string | null;
}

export const FINER = ["status", "owner", "package"] as const;

export interface Goods extends Item, Finer {
  lot: string | null;
  /** Only in an open count; a blind sheet never carries it past `readSheet`. */
  expected: Decimal | null;
  counted: Counted | null;
  /** The lot's last good day by the book, YYYY-MM-DD. */
  expires: string | null;
  /** Of goods with serials: those found so far, whether somebody said that was all, and in an open count those booked. */
  serials: HeardSerial[];
  all_scanned: boolean;
  booked: string[] | null;
}

export interface Bin {
  bin: string;
  barcodes: string[];
  order: number;
  goods: Goods[];
}

export interface SheetRow {
  id: Id;
  number: string;
  count: string;
  warehouse: string;
  zone: string;
  pass: number;
  lines: number;
  counted: number;
  state: "open" | "counting" | "submitted" | "closed";
  blind: boolean;
}

export interface Sheet {
  sheet: SheetRow;
  bins: Bin[];
  /** Every item of the warehouse: found goods are recognised among these. */
  items: Item[];
}

export const finerOf = ({ status, owner, package: pack }: Finer): Finer => ({ status, owner, package: pack });

/** The same key for the same goods. Nothing said of the finer parts is the same as none. */
export const keyOf = (item: string | null, lot: string | null | undefined, finer: Finer | null | undefined): string =>
  [item, lot, finer?.status, finer?.owner, finer?.package].map((part) => part ?? "").join("\n");

type Raw<T> = { [K in keyof T]?: unknown };
const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const whole = (value: unknown): number => (Number.isInteger(Number(value)) ? Number(value) : 0);

export function readSheetRow(raw: Raw<SheetRow>): SheetRow {
  const state = text(raw.state);
  return {
    id: raw.id as Id,
    number: text(raw.number),
    count: text(raw.count),
    warehouse: text(raw.warehouse),
    zone: text(raw.zone),
    pass: whole(raw.pass) || 1,
    lines: whole(raw.lines),
    counted: whole(raw.counted),
    state: state === "counting" || state === "submitted" || state === "closed" ? state : "open",
    // Not said means blind: showing too little is the safe mistake.
    blind: raw.blind !== false,
  };
}

function readUnit(raw: Raw<Unit>): Unit {
  return {
    code: text(raw.code),
    name_zh: text(raw.name_zh) || text(raw.code),
    name_en: text(raw.name_en) || text(raw.code),
    numerator: text(raw.numerator) || "1",
    denominator: text(raw.denominator) || "1",
    decimals: whole(raw.decimals),
  };
}

function readItem(raw: Raw<Item>): Item {
  const item = text(raw.item);
  return {
    item,
    name_zh: text(raw.name_zh) || text(raw.name_en) || item,
    name_en: text(raw.name_en) || text(raw.name_zh) || item,
    codes: [...new Set([item, ...list(raw.codes).map(text)])].filter((code) => code !== ""),
    lot_tracked: raw.lot_tracked === true,
    tracking: raw.tracking === "serial" ? "serial" : raw.lot_tracked === true ? "lot" : "none",
    units: list(raw.units).map((unit) => readUnit(unit as Raw<Unit>)),
  };
}

function readGoods(raw: Raw<Goods>, blind: boolean): Goods {
  const counted = raw.counted as Raw<Counted> | null | undefined;
  return {
    ...readItem(raw),
    lot: text(raw.lot) || null,
    status: text(raw.status) || null,
    owner: text(raw.owner) || null,
    package: text(raw.package) || null,
    expected: blind ? null : text(raw.expected) || null,
    counted: counted ? { quantity: text(counted.quantity), unit: text(counted.unit), scan: text(counted.scan) } : null,
    expires: text(raw.expires) || null,
    serials: list(raw.serials).map((one) => ({ serial: text((one as Raw<HeardSerial>).serial), scan: text((one as Raw<HeardSerial>).scan) })),
    all_scanned: raw.all_scanned === true,
    booked: blind || !Array.isArray(raw.booked) ? null : list(raw.booked).map(text),
  };
}

/** Takes over only the fields named above, so a blind sheet cannot leave an expected quantity in this browser. */
export function readSheet(raw: { sheet?: unknown; bins?: unknown; items?: unknown }): Sheet {
  const sheet = readSheetRow((raw.sheet ?? {}) as Raw<SheetRow>);
  const bins = list(raw.bins).map((one) => {
    const bin = one as Raw<Bin>;
    return {
      bin: text(bin.bin),
      barcodes: list(bin.barcodes).map(text),
      order: whole(bin.order),
      goods: list(bin.goods).map((goods) => readGoods(goods as Raw<Goods>, sheet.blind)),
    };
  });
  return {
    sheet,
    bins: bins.sort((a, b) => a.order - b.order || (a.bin < b.bin ? -1 : 1)),
    items: list(raw.items).map((item) => readItem(item as Raw<Item>)),
  };
}
