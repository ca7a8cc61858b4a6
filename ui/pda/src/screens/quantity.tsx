import { useState } from "react";
import { Button, Note } from "../parts/controls";
import { Header, useEntries } from "../parts/header";
import { Keypad } from "../parts/keypad";
import { amounts, partsText, withUnit } from "../parts/text";
import { keyOf, type Bin, type Finer, type Item, type Sheet, type Unit } from "../data/model";
import { outbox, sender } from "../desk";
import { viewBin, type Row } from "../rules/counted";
import { fits, inBase, isBase, LONGEST, press, typed, type Key, type Refusal } from "../rules/quantity";
import { leaveTo, to } from "../route";
import { signal } from "../scan/signal";
import { holdScan, useScans } from "../scan/listen";
import { nameOf, t } from "../words";

interface Props {
  sheet: Sheet;
  bin: Bin;
  query: URLSearchParams;
}

export function Quantity({ sheet, bin, query }: Props) {
  const code = query.get("item");
  const lot = query.get("lot");
  const finer: Finer | null = query.get("listed") === "1" ? { status: query.get("status"), owner: query.get("owner"), package: query.get("package") } : null;
  const view = viewBin(sheet, bin, useEntries());
  const row = view.rows.find((one) => keyOf(one.item.item, one.lot, one.finer) === keyOf(code, lot, finer)) ?? null;
  const item = row?.item ?? bin.goods.find((one) => one.item === code) ?? sheet.items.find((one) => one.item === code) ?? null;
  const back = to.bin(sheet.sheet.id, bin.bin);
  const problem = !item ? t("quantity.gone") : item.units.length === 0 ? t("quantity.no_units") : "";
  return (
    <>
      <Header title={bin.bin} sub={t("quantity.title")} back={back} />
      {item && !problem ? <Entering sheet={sheet} bin={bin} query={query} item={item} lot={lot} finer={finer} row={row} back={back} /> : <main className="screen"><Note tone="bad">{problem}</Note></main>}
    </>
  );
}

function sentenceOf(refusal: Refusal, unit: Unit): string {
  if (refusal === null) return "";
  const n = refusal === "too_long" ? LONGEST : unit.decimals;
  return t(`quantity.${refusal}`, { unit: nameOf(unit), n });
}

/** The unit this person last used for the item on this sheet, else the first one. */
function useUnit(item: Item, sheet: Sheet): [Unit, (unit: Unit) => void] {
  const last = useEntries().findLast((one) => one.kind === "scan" && one.item === item.item && String(one.sheet) === String(sheet.sheet.id));
  const [chosen, choose] = useState(() => item.units.find((one) => one.code === last?.unit) ?? item.units[0]);
  if (!chosen) throw new Error("an item without units is not counted");
  return [chosen, choose];
}

function Entering({ sheet, bin, query, item, lot, finer, row, back }: Props & { item: Item; lot: string | null; finer: Finer | null; row: Row | null; back: string }) {
  const [unit, setUnit] = useUnit(item, sheet);
  const [text, setText] = useState("");
  const [said, setSaid] = useState("");
  const [saving, setSaving] = useState(false);
  const booked = row?.goods?.expires ?? null;
  const [expires, setExpires] = useState(query.get("expiry") ?? "");
  const replace = query.get("replace") === "1";

  function hit(key: Key): void {
    const pressed = press(text, key, unit.decimals);
    setText(pressed.text);
    setSaid(sentenceOf(pressed.refusal, unit));
    if (pressed.refusal) signal("unknown");
  }
  function change(to: Unit): void {
    setUnit(to);
    const kept = fits(text, to.decimals);
    if (!kept) setText("");
    setSaid(kept ? "" : t("quantity.unit_cleared", { unit: nameOf(to) }));
  }
  async function save(): Promise<void> {
    const quantity = typed(text);
    if (quantity === null) return setSaid(t("quantity.missing"));
    if (saving) return;
    setSaving(true);
    const replaced = replace ? (row?.portions ?? []).flatMap((portion) => (portion.entry?.kind === "scan" ? [portion.entry.id] : [])) : [];
    const { item: code, name_zh, name_en } = item;
    try {
      await outbox.add({ kind: "scan", sheet: sheet.sheet.id, bin: bin.bin, item: code, name_zh, name_en, lot, finer, quantity, unit: unit.code, unit_zh: unit.name_zh, unit_en: unit.name_en, expires: expires || null }, replaced);
    } catch (problem) {
      signal("unknown");
      setSaving(false);
      return setSaid(t("quantity.not_saved", { reason: problem instanceof Error ? problem.message : String(problem) }));
    }
    signal("right");
    void sender.kick();
    leaveTo(back);
  }
  useScans({
    onScan: (scanned) => {
      // Faster than the disk: the scan belongs to the bin's screen, which comes next.
      if (saving) return holdScan(scanned);
      signal("wrong_bin");
      setSaid(t("quantity.scan_first"));
    },
    onKey: (key) => {
      // Too many digits and then Enter is a slow scanner's barcode: no quantity may come of it.
      if (key === "Enter" && said === sentenceOf("too_long", unit)) {
        setText("");
        signal("wrong_bin");
        return setSaid(t("quantity.scan_first"));
      }
      if (key === "Enter") void save();
      else hit(key === "." ? "dot" : key === "Backspace" ? "back" : (key as Key));
    },
  });

  return (
    <main className="screen quantity">
      <About item={item} lot={lot} finer={finer} row={row} query={query} replace={replace} />
      <Display text={text} unit={unit} item={item} label={query.get("label")} onLabel={(label) => setText(label)} />
      {lot !== null ? (
        <label className="expiry">
          {booked ? t("quantity.expiry_book", { date: booked }) : t("quantity.expiry_ask")}
          <input type="date" value={expires} onChange={(event) => setExpires(event.target.value)} data-testid="expires" />
        </label>
      ) : null}
      {said ? <Note tone="wait" testId="quantity-note">{said}</Note> : null}
      <div className="units" role="radiogroup">
        {item.units.map((one) => (
          <button key={one.code} type="button" role="radio" aria-checked={one.code === unit.code} className="unit" data-testid={`unit-${one.code}`} onClick={() => change(one)}>
            {nameOf(one)}
          </button>
        ))}
      </div>
      <Keypad onKey={hit} decimals={unit.decimals} />
      <Button look="main" onPress={() => void save()} testId="next" disabled={saving}>{saving ? t("quantity.saving") : t("quantity.next")}</Button>
    </main>
  );
}

function About({ item, lot, finer, row, query, replace }: { item: Item; lot: string | null; finer: Finer | null; row: Row | null; query: URLSearchParams; replace: boolean }) {
  const expiry = query.get("expiry");
  const serial = query.get("serial");
  const book = row?.goods?.expected ?? null;
  const base = item.units.find(isBase);
  return (
    <div className="about">
      <h2>{nameOf(item)}</h2>
      <p className="code">
        {item.item}
        {partsText(lot, finer)}
        {expiry ? ` · ${t("quantity.expiry", { date: expiry })}` : ""}
        {serial ? ` · ${t("quantity.serial", { serial })}` : ""}
      </p>
      {book !== null ? <p className="code">{t("quantity.expected", { what: withUnit(book, base?.code ?? "", item) })}</p> : null}
      {row && row.portions.length > 0 ? (
        <p className="earlier" data-testid="earlier">{t(replace ? "quantity.replace" : "quantity.earlier", { what: amounts(row.portions, item) })}</p>
      ) : null}
    </div>
  );
}

interface DisplayProps {
  text: string;
  unit: Unit;
  item: Item;
  label: string | null;
  onLabel: (label: string) => void;
}

function Display({ text, unit, item, label, onLabel }: DisplayProps) {
  const quantity = typed(text);
  const base = item.units.find(isBase);
  const converted = quantity !== null && base && !isBase(unit) ? inBase(quantity, unit) : null;
  return (
    <div className="display">
      {converted !== null && base ? <span className="converted" data-testid="converted">{t("quantity.is_base", { n: converted, unit: nameOf(base) })}</span> : null}
      <output className={text === "" ? "placeholder" : ""} data-testid="quantity">{text === "" ? t("quantity.placeholder") : text}</output>
      <span className="display-unit">{text === "" ? "" : nameOf(unit)}</span>
      {text === "" && label !== null && unit.decimals === 0 ? <button type="button" className="chip" data-testid="label-quantity" onClick={() => onLabel(label)}>{t("quantity.label", { n: label })}</button> : null}
    </div>
  );
}
