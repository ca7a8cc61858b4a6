import { useRef, useState } from "react";
import { formatTime } from "@shared/time";
import { Button, Note } from "../parts/controls";
import { Header, useEntries } from "../parts/header";
import { ScanField } from "../parts/scan-field";
import type { Bin, Item, Sheet } from "../data/model";
import { outbox, sender } from "../desk";
import { viewBin, type Row } from "../rules/counted";
import { allDraft, isSerial, readSerial, serialDraft, type Serial } from "../rules/serials";
import { leaveTo, to } from "../route";
import { useScans } from "../scan/listen";
import { signal } from "../scan/signal";
import { currentLanguage, nameOf, t } from "../words";

/** Goods each of which has its own number: every scan puts one on the list. */
export function Serials({ sheet, bin, code }: { sheet: Sheet; bin: Bin; code: string | null }) {
  const view = viewBin(sheet, bin, useEntries());
  const row = view.rows.find((one) => one.item.item === code) ?? null;
  const item = row?.item ?? sheet.items.find((one) => one.item === code) ?? null;
  const back = to.bin(sheet.sheet.id, bin.bin);
  const problem = !item || !isSerial(item) ? t("quantity.gone") : item.units.length === 0 ? t("quantity.no_units") : "";
  return (
    <>
      <Header title={bin.bin} sub={t("serials.title")} back={back} />
      {item && !problem ? <Scanning sheet={sheet} bin={bin} item={item} row={row} back={back} /> : <main className="screen"><Note tone="bad">{problem}</Note></main>}
    </>
  );
}

interface Props {
  sheet: Sheet;
  bin: Bin;
  item: Item;
  row: Row | null;
  back: string;
}

interface Said {
  tone: "good" | "wait" | "bad";
  text: string;
}

function Scanning({ sheet, bin, item, row, back }: Props) {
  const found = row?.serials?.found ?? [];
  const [said, setSaid] = useState<Said | null>(null);
  // A wedge is faster than the disk: what is being written counts as scanned already.
  const writing = useRef(new Set<string>());
  const id = sheet.sheet.id;

  function refuse(tone: Said["tone"], text: string): void {
    signal(tone === "wait" ? "double" : "unknown");
    setSaid({ tone, text });
  }

  async function hear(text: string): Promise<void> {
    const heard = readSerial(sheet, item, text, new Date().getFullYear());
    if (heard.kind === "item") return refuse("bad", t("serials.item_label"));
    if (heard.kind === "bin") return refuse("bad", t("serials.bin_label", { bin: heard.bin }));
    if (heard.kind === "other") return refuse("bad", t("serials.other", { text: heard.text }));
    if (heard.kind === "bad_label") return refuse("bad", t("serials.bad_label"));
    const { serial, expires } = heard;
    const before = found.find((one) => one.serial === serial);
    if (before || writing.current.has(serial)) return refuse("wait", again(serial, before ?? null));
    writing.current.add(serial);
    try {
      await outbox.add(serialDraft(id, bin.bin, item, serial, expires));
    } catch (problem) {
      return refuse("bad", t("quantity.not_saved", { reason: problem instanceof Error ? problem.message : String(problem) }));
    } finally {
      writing.current.delete(serial);
    }
    signal("right");
    setSaid({ tone: "good", text: t("serials.added", { serial }) });
    void sender.kick();
  }
  useScans({ onScan: (text) => void hear(text) });

  async function undo(serial: Serial): Promise<void> {
    if (!serial.entry) return;
    await outbox.undo(serial.entry.id);
    setSaid({ tone: "wait", text: t("serials.undone", { serial: serial.serial }) });
    void sender.kick();
  }
  async function all(): Promise<void> {
    await outbox.add(allDraft(id, bin.bin, item));
    signal("right");
    void sender.kick();
    leaveTo(back);
  }
  const booked = row?.goods?.booked ?? null;

  return (
    <main className="screen serials">
      <div className="about">
        <h2>{nameOf(item)}</h2>
        <p className="code">{item.item}</p>
        {booked ? <p className="code" data-testid="serials-booked">{t("serials.booked", { n: booked.length })}</p> : null}
      </div>
      <ScanField label={t("serials.scan")} testId="serial-input" onText={(text) => void hear(text)} />
      <p className="serials-total" data-testid="serials-total">{t("serials.count", { n: found.length })}</p>
      {said ? <Note tone={said.tone} testId="serials-note">{said.text}</Note> : null}
      <ul className="rows" aria-label={t("serials.list")}>
        {[...found].reverse().map((one) => (
          <li key={one.serial} className="row" data-testid="serial-row" data-serial={one.serial}>
            <span className="what">
              <strong className="code">{one.serial}</strong>
              <span className="code">{one.entry ? formatTime(one.entry.counted_at, currentLanguage(), true) : t("serials.elsewhere")}</span>
            </span>
            {one.entry ? <Button look="quiet" onPress={() => void undo(one)} testId="serial-undo">↶ {t("serials.undo")}</Button> : null}
          </li>
        ))}
      </ul>
      <div className="foot sticky">
        <Button look="main" onPress={() => void all()} testId="all-scanned">{t("serials.all", { n: found.length })}</Button>
      </div>
    </main>
  );
}

function again(serial: string, before: Serial | null): string {
  if (before && !before.entry) return t("serials.again_elsewhere", { serial });
  const at = before?.entry ? formatTime(before.entry.counted_at, currentLanguage(), true) : "";
  return at ? t("serials.again_at", { serial, at }) : t("serials.again", { serial });
}
