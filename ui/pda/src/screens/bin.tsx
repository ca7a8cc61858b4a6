import { useState } from "react";
import { Button, Note } from "../parts/controls";
import { Header, useEntries } from "../parts/header";
import { ScanField } from "../parts/scan-field";
import { describe, partsText, rowAmounts } from "../parts/text";
import { FINER, finerOf, keyOf, type Bin, type Item, type Sheet } from "../data/model";
import { outbox, sender } from "../desk";
import { emptyDrafts, isCounted, nextBin, viewBin, viewSheet, type BinView, type Row } from "../rules/counted";
import { resolveGoods } from "../rules/resolve";
import { isSerial, serialDraft } from "../rules/serials";
import { go, leaveTo, to } from "../route";
import { signal } from "../scan/signal";
import { useScans } from "../scan/listen";
import { nameOf, t } from "../words";
import { lotInto, Questions, type Pick, type Question } from "./bin-questions";

export function BinScreen({ sheet, bin }: { sheet: Sheet; bin: Bin }) {
  const entries = useEntries();
  const view = viewBin(sheet, bin, entries);
  const [question, setQuestion] = useState<Question | null>(null);
  const id = sheet.sheet.id;

  function count(pick: Pick, replace = false): void {
    setQuestion(null);
    const { item, lot, finer, label } = pick;
    if (isSerial(item)) return void countSerials(item, label);
    go(
      to.quantity(id, bin.bin, {
        item: item.item,
        ...(lot ? { lot } : {}),
        ...(finer ? { listed: "1" } : {}),
        ...Object.fromEntries(FINER.flatMap((part) => (finer?.[part] ? [[part, finer[part]]] : []))),
        ...(replace ? { replace: "1" } : {}),
        ...(label?.quantity ? { label: label.quantity } : {}),
        ...(label?.expiry ? { expiry: label.expiry } : {}),
        ...(label?.serial ? { serial: label.serial } : {}),
      }),
    );
  }

  /** To the list of serials; one that stood on the label is on it already. */
  async function countSerials(item: Item, label: Pick["label"]): Promise<void> {
    const found = view.rows.find((one) => one.item.item === item.item)?.serials?.found ?? [];
    if (label?.serial && found.some((one) => one.serial === label.serial)) signal("double");
    else if (label?.serial) {
      await outbox.add(serialDraft(id, bin.bin, item, label.serial, label.expiry));
      void sender.kick();
    }
    go(to.serials(id, bin.bin, item.item));
  }

  /** To the quantity, unless something must be asked first. */
  function choose(pick: Pick): void {
    if (isSerial(pick.item)) return count(pick);
    const row = view.rows.find((one) => keyOf(one.item.item, one.lot, one.finer) === keyOf(pick.item.item, pick.lot, pick.finer));
    if (row && row.portions.length > 0) {
      signal("double");
      return setQuestion({ kind: "double", pick, row });
    }
    if (pick.item.lot_tracked && !pick.lot) return setQuestion({ kind: "lot", pick });
    count(pick);
  }

  function hear(text: string): void {
    const year = new Date().getFullYear();
    if (question?.kind === "lot") return lotInto(question.pick, text, year, choose, setQuestion);
    const heard = resolveGoods(sheet, bin, text, year);
    if (heard.kind === "unknown" || heard.kind === "bad_label") signal("unknown");
    if (heard.kind === "unknown" || heard.kind === "bad_label") return setQuestion(heard);
    if (heard.kind === "bin") return hearBin(heard.bin);
    if (heard.kind === "found") {
      signal("double");
      return setQuestion(heard);
    }
    const only = heard.goods.length === 1 ? heard.goods[0] : null;
    const counted = view.rows.some((row) => row.goods === only && row.portions.length > 0);
    if (!counted) signal("right");
    if (only) choose({ item: only, lot: only.lot ?? heard.label?.lot ?? null, finer: finerOf(only), label: heard.label });
    else setQuestion({ kind: "choose", goods: heard.goods, label: heard.label });
  }

  function hearBin(other: Bin): void {
    if (other.bin === bin.bin) {
      signal("right");
      return setQuestion({ kind: "same" });
    }
    if (view.done) {
      signal("right");
      setQuestion(null);
      return leaveTo(to.bin(id, other.bin));
    }
    signal("wrong_bin");
    setQuestion({ kind: "bin", bin: other });
  }
  useScans({ onScan: hear });

  async function empty(): Promise<void> {
    await outbox.addTogether(emptyDrafts(sheet, view));
    signal("right");
    setQuestion(null);
    void sender.kick();
  }

  const later = (): void => leaveTo(to.walk(id, nextBin(viewSheet(sheet, entries), bin.bin)?.bin.bin));

  return (
    <>
      <Header title={bin.bin} sub={`${sheet.sheet.number} · ${sheet.sheet.zone}`} back={to.walk(id)} />
      {question && question.kind !== "same" ? (
        <Questions question={question} sheet={sheet} view={view} onChoose={choose} onCount={count} onText={hear} onEmpty={() => void empty()} onLater={later} ask={setQuestion} />
      ) : (
        <Goods view={view} sheet={sheet} same={question?.kind === "same"} onText={hear} onRow={choose} ask={setQuestion} />
      )}
    </>
  );
}

interface GoodsProps {
  view: BinView;
  sheet: Sheet;
  same: boolean;
  onText: (text: string) => void;
  onRow: (pick: Pick) => void;
  ask: (question: Question) => void;
}

function Goods({ view, sheet, same, onText, onRow, ask }: GoodsProps) {
  const id = sheet.sheet.id;
  const untouched = view.rows.every((row) => row.portions.length === 0 && !row.serials?.found.length && !row.serials?.all) && !view.emptied;
  const noted = view.last?.state === "acknowledged" ? view.last.message : null;
  return (
    <main className="screen bin">
      <ScanField label={t("bin.scan")} testId="goods-input" onText={onText} />
      {same ? <Note tone="info">{t("bin.same")}</Note> : null}
      {noted ? <Note tone="wait">{t("bin.saved_note", { message: noted })}</Note> : null}
      {view.done ? <Note tone="good" testId="bin-done">{t(view.emptied && view.rows.length === 0 ? "bin.emptied" : "bin.done")}</Note> : null}
      {view.rows.length === 0 && !view.emptied ? <p className="hint" data-testid="nothing-listed">{t("bin.nothing")}</p> : null}
      <ul className="rows" aria-label={t("bin.list")}>
        {view.rows.map((row) => (
          <GoodsRow key={keyOf(row.item.item, row.lot, row.finer)} row={row} onPress={() => onRow({ item: row.item, lot: row.lot, finer: row.finer, label: null })} />
        ))}
      </ul>
      <div className="foot sticky">
        {view.last ? <Undo view={view} /> : null}
        <div className="two">
          {untouched ? <Button onPress={() => ask({ kind: "empty" })} testId="bin-empty">{t("bin.empty")}</Button> : null}
          {view.done ? (
            <Button look="main" onPress={() => leaveTo(to.walk(id))} testId="next-bin">{t("bin.next")} ›</Button>
          ) : (
            <Button onPress={() => (view.rows.length > 0 ? ask({ kind: "leave" }) : leaveTo(to.walk(id)))} testId="leave-bin">{t("bin.leave")}</Button>
          )}
        </div>
      </div>
    </main>
  );
}

export function GoodsRow({ row, onPress }: { row: Row; onPress: () => void }) {
  const counted = isCounted(row);
  return (
    <li>
      <button type="button" className="row" data-testid="goods-row" data-item={row.item.item} data-lot={row.lot ?? ""} data-status={row.finer?.status ?? ""} data-owner={row.finer?.owner ?? ""} data-package={row.finer?.package ?? ""} data-counted={counted} onClick={onPress}>
        <span className="what">
          <strong>{nameOf(row.item)}</strong>
          <span className="code">
            {row.item.item}
            {partsText(row.lot, row.finer)}
            {row.goods?.expires ? ` · ${t("quantity.expiry", { date: row.goods.expires })}` : ""}
          </span>
        </span>
        <span className="state">
          {row.goods ? null : <em className="tag wait">{t("bin.found")}</em>}
          {row.serials ? <em className={`tag ${counted ? "good" : row.serials.found.length > 0 ? "wait" : ""}`} data-testid="serials-count">{t("serials.count", { n: row.serials.found.length })}</em> : null}
          {row.serials ? null : counted ? <em className="tag good" data-testid="counted">{rowAmounts(row)}</em> : <em className="tag">{t("bin.not_counted")}</em>}
        </span>
      </button>
    </li>
  );
}

function Undo({ view }: { view: BinView }) {
  const last = view.last;
  if (!last) return null;
  const undo = async (): Promise<void> => {
    await outbox.undo(last.id);
    void sender.kick();
  };
  return (
    <Button look="quiet" onPress={() => void undo()} testId="undo">
      <span className="undo"><span>↶ {t("bin.undo", { what: last.group === null ? describe(last) : t("bin.undo_empty") })}</span></span>
    </Button>
  );
}
