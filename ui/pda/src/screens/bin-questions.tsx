import type { Gs1, Gs1Error } from "@shared/gs1";
import { Ask, Button } from "../parts/controls";
import { ScanField } from "../parts/scan-field";
import { partsText, rowAmounts } from "../parts/text";
import { FINER, finerOf, keyOf, type Bin, type Finer, type Goods, type Item, type Sheet } from "../data/model";
import type { BinView, Row } from "../rules/counted";
import { readLot } from "../rules/resolve";
import { leaveTo, to } from "../route";
import { signal } from "../scan/signal";
import { nameOf, t } from "../words";

/** Goods somebody means: on the list or not, and what the label said besides. */
export interface Pick {
  item: Item;
  lot: string | null;
  /** Null: nobody said; the only line there is meant, or goods not on the list. */
  finer: Finer | null;
  label: Gs1 | null;
}

export type Question =
  | { kind: "same" }
  | { kind: "choose"; goods: Goods[]; label: Gs1 | null }
  | { kind: "found"; items: Item[]; label: Gs1 | null }
  | { kind: "lot"; pick: Pick; missing?: boolean }
  | { kind: "double"; pick: Pick; row: Row }
  | { kind: "bin"; bin: Bin }
  | { kind: "unknown"; text: string; similar: Item[] }
  | { kind: "bad_label"; error: Gs1Error }
  | { kind: "empty" }
  | { kind: "leave" };

interface Props {
  question: Exclude<Question, { kind: "same" }>;
  sheet: Sheet;
  view: BinView;
  onChoose: (pick: Pick) => void;
  onCount: (pick: Pick, replace?: boolean) => void;
  onText: (text: string) => void;
  onEmpty: () => void;
  /** Leaves the bin unfinished for the next one. */
  onLater: () => void;
  ask: (question: Question | null) => void;
}

/** A scanned or typed lot for goods that need one; without a readable lot the question stays. */
export function lotInto(pick: Pick, text: string, year: number, choose: (pick: Pick) => void, ask: (question: Question) => void): void {
  const lot = readLot(text, year);
  signal(lot ? "right" : "unknown");
  if (lot) choose({ ...pick, lot });
  else ask({ kind: "lot", pick, missing: true });
}

export function Questions(props: Props) {
  const { question, view, sheet, ask } = props;
  const here = view.bin.bin;
  const close = (word: "cancel" | "unknown.back" | "bin.leave_stay"): React.ReactNode => <Button onPress={() => ask(null)} testId="ask-cancel">{t(word)}</Button>;
  switch (question.kind) {
    case "choose":
      return <Choose {...props} goods={question.goods} label={question.label} />;
    case "found":
      return <Found {...props} items={question.items} label={question.label} />;
    case "lot":
      return <Lot {...props} pick={question.pick} missing={question.missing === true} />;
    case "double":
      return <Double {...props} pick={question.pick} row={question.row} />;
    case "bad_label":
      return (
        <Ask tone="bad" title={t("label.title")} testId="ask-bad-label" answers={close("unknown.back")}>
          <p>{t("label.text", { reason: t(`label.${question.error}`) })}</p>
        </Ask>
      );
    case "unknown":
      return (
        <Ask tone="bad" title={t("unknown.title")} testId="ask-unknown" answers={close("unknown.back")}>
          <p>{t("unknown.text", { text: question.text })}</p>
          {question.similar.length > 0 ? <p className="lead">{t("unknown.similar")}</p> : null}
          <Items items={question.similar} onPick={(item) => pickItem(item, view, props)} />
        </Ask>
      );
    case "bin":
      return (
        <Ask
          tone="bad"
          title={t("bin.other_title")}
          testId="ask-other-bin"
          answers={
            <>
              <Button look="main" onPress={() => ask(null)} testId="ask-cancel">{t("bin.other_stay", { here })}</Button>
              <Button onPress={() => leaveTo(to.bin(sheet.sheet.id, question.bin.bin))} testId="go-other-bin">{t("bin.other_go", { other: question.bin.bin })}</Button>
            </>
          }
        >
          <p>{t("bin.other_text", { here, other: question.bin.bin })}</p>
          {view.open > 0 ? <p>{t("bin.other_open", { here, n: view.open })}</p> : null}
        </Ask>
      );
    case "empty":
      return (
        <Ask
          tone="wait"
          title={t("bin.empty_sure", { bin: here })}
          testId="ask-empty"
          answers={<><Button look="main" onPress={props.onEmpty} testId="empty-yes">{t("bin.empty_yes")}</Button>{close("cancel")}</>}
        >
          <p>{view.rows.length > 0 ? t("bin.empty_text", { n: view.rows.length }) : t("bin.empty_text_none")}</p>
        </Ask>
      );
    case "leave":
      return (
        <Ask
          tone="wait"
          title={t("bin.leave_title", { n: view.open })}
          testId="ask-leave"
          answers={
            <>
              <Button look="main" onPress={() => ask(null)} testId="ask-cancel">{t("bin.leave_stay")}</Button>
              <Button onPress={props.onLater} testId="leave-later">{t("bin.leave_later")}</Button>
            </>
          }
        >
          <p>{t("bin.leave_text")}</p>
        </Ask>
      );
  }
}

/** Listed goods go on as listed; others are found goods and are asked about. */
function pickItem(item: Item, view: BinView, { onChoose, ask }: Props): void {
  const listed = view.rows.flatMap((row) => (row.goods && row.item.item === item.item ? [row.goods] : []));
  if (listed.length > 1) ask({ kind: "choose", goods: listed, label: null });
  else if (listed[0]) onChoose({ item: listed[0], lot: listed[0].lot, finer: finerOf(listed[0]), label: null });
  else ask({ kind: "found", items: [item], label: null });
}

function Items({ items, onPick }: { items: readonly Item[]; onPick: (item: Item) => void }) {
  return (
    <ul className="rows">
      {items.map((item) => (
        <li key={item.item}>
          <button type="button" className="row" data-testid="item-choice" data-item={item.item} onClick={() => onPick(item)}>
            <span className="what"><strong>{nameOf(item)}</strong><span className="code">{item.item}</span></span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Choose({ goods, label, onChoose, ask }: Props & { goods: Goods[]; label: Gs1 | null }) {
  const oneItem = new Set(goods.map((one) => one.item)).size === 1;
  const first = goods[0];
  const lotsOnly = goods.every((one) => !FINER.some((part) => one[part]));
  const told = (one: Goods): string => partsText(one.lot, one).replace(/^ · /, "") || t(lotsOnly ? "bin.no_lot" : "bin.plain");
  return (
    <Ask
      tone="info"
      title={t(oneItem && lotsOnly ? "choose.lot" : "choose.title")}
      testId="ask-choose"
      answers={
        <>
          {oneItem && first?.lot_tracked ? (
            <Button onPress={() => ask({ kind: "lot", pick: { item: first, lot: null, finer: null, label } })} testId="other-lot">{t("choose.other_lot")}</Button>
          ) : null}
          <Button onPress={() => ask(null)} testId="ask-cancel">{t("cancel")}</Button>
        </>
      }
    >
      <ul className="rows">
        {goods.map((one) => (
          <li key={keyOf(one.item, one.lot, one)}>
            <button type="button" className="row" data-testid="goods-choice" data-item={one.item} data-lot={one.lot ?? ""} data-status={one.status ?? ""} data-owner={one.owner ?? ""} data-package={one.package ?? ""} onClick={() => onChoose({ item: one, lot: one.lot, finer: finerOf(one), label })}>
              <span className="what"><strong>{oneItem ? told(one) : nameOf(one)}</strong><span className="code">{oneItem ? nameOf(one) : `${one.item}${partsText(one.lot, one)}`}</span></span>
            </button>
          </li>
        ))}
      </ul>
    </Ask>
  );
}

function Found({ items, label, onChoose, ask }: Props & { items: Item[]; label: Gs1 | null }) {
  const only = items.length === 1 ? items[0] : null;
  const pick = (item: Item): void => onChoose({ item, lot: item.lot_tracked && item.tracking !== "serial" ? (label?.lot ?? null) : null, finer: null, label });
  return (
    <Ask
      tone="wait"
      title={t("found.title")}
      testId="ask-found"
      answers={
        <>
          {only ? <Button look="main" onPress={() => pick(only)} testId="found-yes">{t("found.yes")}</Button> : null}
          <Button onPress={() => ask(null)} testId="ask-cancel">{t("found.no")}</Button>
        </>
      }
    >
      {only ? <p className="lead">{nameOf(only)} <span className="code">{only.item}{label?.lot ? ` · ${t("bin.lot", { lot: label.lot })}` : ""}</span></p> : null}
      <p>{t("found.text")}</p>
      {only ? null : <Items items={items} onPick={pick} />}
    </Ask>
  );
}

function Lot({ pick, missing, sheet, onText, ask }: Props & { pick: Pick; missing: boolean }) {
  // Lots known for this item elsewhere on the sheet save typing with gloves; they say nothing about quantities.
  const lots = [...new Set(sheet.bins.flatMap((bin) => bin.goods.filter((one) => one.item === pick.item.item).map((one) => one.lot)))];
  return (
    <Ask tone={missing ? "bad" : "info"} title={t("lot.title")} testId="ask-lot" answers={<Button onPress={() => ask(null)} testId="ask-cancel">{t("cancel")}</Button>}>
      <p className="lead">{nameOf(pick.item)}</p>
      <ScanField label={t("lot.text")} testId="lot-input" onText={onText} />
      {missing ? <p>{t("lot.missing")}</p> : null}
      <div className="chips">
        {lots.map((lot) => (lot ? <Button key={lot} onPress={() => onText(lot)} testId="lot-choice">{lot}</Button> : null))}
      </div>
    </Ask>
  );
}

function Double({ pick, row, onCount, ask }: Props & { pick: Pick; row: Row }) {
  const ours = row.portions.every((portion) => portion.entry !== null);
  return (
    <Ask
      tone="wait"
      title={t("double.title")}
      testId="ask-double"
      answers={
        <>
          <Button look="main" onPress={() => onCount(pick)} testId="double-add">{t("double.add")}</Button>
          {ours ? <Button onPress={() => onCount(pick, true)} testId="double-replace">{t("double.replace")}</Button> : null}
          <Button onPress={() => ask(null)} testId="ask-cancel">{t("double.cancel")}</Button>
        </>
      }
    >
      <p className="lead">{nameOf(row.item)}{partsText(row.lot, row.finer)}</p>
      <p>{t("double.text", { what: rowAmounts(row) })}</p>
    </Ask>
  );
}
