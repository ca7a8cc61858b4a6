import { useCallback, useEffect, useState } from "react";
import { Button, Note } from "../parts/controls";
import { Header, useEntries } from "../parts/header";
import type { Entry } from "../data/database";
import type { SheetRow } from "../data/model";
import { library, session } from "../desk";
import { go, to } from "../route";
import { t } from "../words";
import { OtherBin } from "./other-bin";
import { sentence } from "./sign-in";

function useSheets() {
  const username = session.person()?.username ?? "";
  const [rows, setRows] = useState<SheetRow[] | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(true);
  const refresh = useCallback(async () => {
    setBusy(true);
    try {
      setRows(await library.list(username));
      setProblem("");
    } catch (refused) {
      setProblem(sentence(refused));
    }
    setBusy(false);
  }, [username]);
  useEffect(() => {
    void library.storedList(username).then((stored) => setRows((shown) => shown ?? stored));
    void refresh();
  }, [username, refresh]);
  return { rows, problem, busy, refresh };
}

function handedIn(row: SheetRow, entries: readonly Entry[]): "no" | "waiting" | "yes" {
  const submit = entries.findLast((one) => one.kind === "submit" && String(one.sheet) === String(row.id));
  if (row.state === "submitted" || row.state === "closed" || submit?.state === "acknowledged") return "yes";
  return submit?.state === "waiting" ? "waiting" : "no";
}

export function Sheets() {
  const { rows, problem, busy, refresh } = useSheets();
  const person = session.person();
  const [other, setOther] = useState(false);
  return (
    <>
      <Header title={t("sheets.title")} sub={person?.name ?? ""} />
      <main className="screen">
        {problem ? <Note tone="wait" testId="sheets-problem">{problem}{rows ? <p>{t("sheets.old")}</p> : null}</Note> : null}
        {rows?.length === 0 ? (
          <div className="empty" data-testid="no-sheets">
            <strong>{t("sheets.none")}</strong>
            <p>{t("sheets.none_hint")}</p>
          </div>
        ) : null}
        <ul className="cards">{rows?.map((row) => <Card key={row.id} row={row} />)}</ul>
        {other ? (
          <OtherBin rows={rows ?? []} refresh={refresh} close={() => setOther(false)} />
        ) : (
          <Button look="quiet" onPress={() => setOther(true)} testId="other-bin-open">{t("other.open")}</Button>
        )}
        <div className="foot two">
          <Button onPress={() => void refresh()} disabled={busy} testId="refresh">{t("sheets.refresh")}</Button>
          <Button onPress={() => go(to.settings())} testId="settings">{t("sheets.settings")}</Button>
        </div>
      </main>
    </>
  );
}

function Card({ row }: { row: SheetRow }) {
  const state = handedIn(row, useEntries());
  const done = row.lines > 0 ? Math.floor((row.counted * 100) / row.lines) : 0;
  return (
    <li>
      <button
        type="button"
        className={`card ${state === "yes" ? "done" : ""}`}
        data-testid="sheet-card"
        data-sheet={row.number}
        data-pass={row.pass}
        data-state={state === "yes" ? "submitted" : row.state}
        onClick={() => go(state === "no" ? to.walk(row.id) : to.handin(row.id))}
      >
        <span className="where">{[row.warehouse, row.zone].filter(Boolean).join(" · ")}</span>
        <span className="number">{row.number}</span>
        <span className="tags">
          {row.pass > 1 ? <em className="tag wait">{t("sheets.recount", { pass: row.pass })}</em> : null}
          {row.blind ? <em className="tag">{t("sheets.blind")}</em> : null}
          {state === "no" ? null : <em className="tag good">{t(state === "yes" ? "sheets.submitted" : "sheets.submitting")}</em>}
        </span>
        <span className="bar" aria-hidden="true"><i style={{ width: `${done}%` }} /></span>
        <span className="progress">{t("sheets.progress", { done: row.counted, all: row.lines })}</span>
      </button>
    </li>
  );
}

