import { Button, Note } from "../parts/controls";
import { Header, useEntries } from "../parts/header";
import type { Sheet } from "../data/model";
import { outbox, sender } from "../desk";
import { viewSheet } from "../rules/counted";
import { isHeld } from "../data/queue";
import { go, leaveTo, to } from "../route";
import { t } from "../words";

export function HandIn({ sheet }: { sheet: Sheet }) {
  const entries = useEntries().filter((one) => String(one.sheet) === String(sheet.sheet.id));
  const id = sheet.sheet.id;
  const last = entries.findLast((one) => one.kind === "submit") ?? null;
  const refused = entries.filter((one) => one.state === "refused" && one.kind !== "submit").length;
  const closed = sheet.sheet.state === "submitted" || sheet.sheet.state === "closed";
  const title = <Header title={t("handin.title")} sub={sheet.sheet.number} back={last || closed ? to.sheets() : to.walk(id)} />;
  const home = <Button look="main" onPress={() => leaveTo(to.sheets())} testId="to-sheets">{t("handin.back")}</Button>;

  if (closed || last?.state === "acknowledged") {
    return (
      <>
        {title}
        <main className="screen stack">
          <Note tone="good" testId="handed-in"><strong>{t("handin.done")}</strong><p>{t("handin.done_hint")}</p></Note>
          {home}
        </main>
      </>
    );
  }
  if (last?.state === "waiting") {
    const held = isHeld(last, entries);
    return (
      <>
        {title}
        <main className="screen stack">
          <Note tone={held ? "bad" : "wait"} testId="hand-in-waits">{held ? t("handin.held", { n: refused }) : t("handin.queued")}</Note>
          {held ? <Button onPress={() => go(to.waiting())}>{t("waiting.title")}</Button> : null}
          {home}
        </main>
      </>
    );
  }
  return (
    <>
      {title}
      <Confirm sheet={sheet} refused={refused} problem={last?.state === "refused" ? last.message : null} waiting={entries.filter((one) => one.state === "waiting").length} />
    </>
  );
}

function Confirm({ sheet, refused, problem, waiting }: { sheet: Sheet; refused: number; problem: string | null; waiting: number }) {
  const id = sheet.sheet.id;
  const entries = useEntries();
  const open = viewSheet(sheet, entries).filter((view) => !view.done);
  // The server takes no sheet with goods that have no amount; a bin without goods that nobody looked into may go.
  const goodsOpen = open.some((view) => view.open > 0);
  const submit = async (): Promise<void> => {
    // A refusal of an earlier try has been read; the new try replaces it.
    for (const old of entries) if (old.kind === "submit" && old.state === "refused" && String(old.sheet) === String(id)) await outbox.discard(old.id);
    await outbox.add({ kind: "submit", sheet: id });
    void sender.kick();
  };
  return (
    <main className="screen stack">
      {problem ? <Note tone="bad" testId="hand-in-refused">{problem}</Note> : null}
      {open.length === 0 ? <Note tone="good">{t("handin.ready", { n: sheet.bins.length })}</Note> : null}
      {open.length > 0 ? (
        <Note tone="wait" testId="unfinished">
          <strong>{t("handin.open", { n: open.length })}</strong>
          <p className="code bins">{open.slice(0, 12).map((view) => view.bin.bin).join("  ")}{open.length > 12 ? " …" : ""}</p>
          <p>{t(goodsOpen ? "handin.open_text" : "handin.open_empty")}</p>
        </Note>
      ) : null}
      {waiting > 0 ? <Note tone="wait">{t("handin.waiting", { n: waiting })}</Note> : null}
      {refused > 0 ? <Note tone="bad">{t("handin.refused", { n: refused })}</Note> : null}
      <div className="foot">
        {refused > 0 ? <Button look="main" onPress={() => go(to.waiting())}>{t("waiting.title")}</Button> : null}
        {open.length > 0 ? <Button look="main" onPress={() => leaveTo(to.walk(id))}>{t("handin.go_bins")}</Button> : null}
        {refused === 0 && !goodsOpen ? (
          <Button look={open.length === 0 ? "main" : "danger"} onPress={() => void submit()} testId="submit">{t(open.length === 0 ? "handin.go" : "handin.go_open")}</Button>
        ) : null}
      </div>
    </main>
  );
}
