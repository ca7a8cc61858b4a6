import type { Entry } from "../src/data/database";
import { readSheet } from "../src/data/model";

const EACH = { code: "u", name_zh: "件", name_en: "piece", numerator: "1", denominator: "1", decimals: 0 };
const BOX = { code: "BOX", name_zh: "箱", name_en: "box", numerator: "12", denominator: "1", decimals: 0 };
const KG = { code: "kg", name_zh: "千克", name_en: "kg", numerator: "1", denominator: "1", decimals: 3 };

const screw = { item: "00123", name_zh: "螺丝", name_en: "Screw", codes: ["00123", "S-123", "6901234567892"], lot_tracked: false, units: [EACH, BOX] };
const paint = { item: "P-7", name_zh: "油漆", name_en: "Paint", codes: ["P-7", "06920000000005"], lot_tracked: true, units: [KG] };
const power = { item: "1E5", name_zh: "电源", name_en: "Power supply", codes: ["1E5", "100000"], lot_tracked: false, units: [EACH] };

/** A sheet as the server sends it: three bins, the last one with nothing on its list. */
export const RAW = {
  sheet: { id: 7, number: "S-7", count: "C-1", warehouse: "W1", zone: "Z1", pass: 1, lines: 3, counted: 0, state: "open", blind: true },
  bins: [
    { bin: "W1-02", barcodes: ["LOC-02"], order: 2, goods: [{ ...power, line: 4, lot: null, expected: "9", counted: null }] },
    {
      bin: "W1-01", barcodes: ["LOC-01"], order: 1,
      goods: [
        { ...screw, line: 1, lot: null, expected: "24", counted: null },
        { ...paint, line: 2, lot: "L1", expected: "3.5", counted: null },
        { ...paint, line: 3, lot: "L2", expected: "1", counted: null },
      ],
    },
    { bin: "W1-03", barcodes: [], order: 3, goods: [] },
  ],
  items: [screw, paint, power],
};

export const sheet = () => readSheet(structuredClone(RAW));

let seq = 0;
export function entry(changes: Partial<Entry> = {}): Entry {
  seq += 1;
  return {
    seq, id: `e${seq}`, kind: "scan", username: "wang", sheet: 7, bin: "W1-01", item: "00123", name_zh: "螺丝", name_en: "Screw", lot: null,
    quantity: "5", unit: "u", unit_zh: "件", unit_en: "piece", group: null, target: null, counted_at: "2026-03-01T09:30:00.000+08:00", state: "waiting", undone: false, attempts: 0,
    code: null, message: null, ...changes,
  };
}
