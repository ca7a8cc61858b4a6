import { useState } from "react";
import { Ask, Button, Note } from "../parts/controls";
import { Header, useEntries } from "../parts/header";
import { ScanField } from "../parts/scan-field";
import type { Bin, Sheet } from "../data/model";
import { nextBin, viewSheet, type BinView } from "../rules/counted";
import { resolveBin } from "../rules/resolve";
import { go, to } from "../route";
import { signal } from "../scan/signal";
import { useScans } from "../scan/listen";
import { t } from "../words";

type Question = { kind: "wrong"; bin: Bin } | { kind: "unknown"; text: string } | null;

/** Which bin comes now: the one asked for, else the next open one after the bin last counted in. */
function useTarget(sheet: Sheet, wanted: string | null): { views: BinView[]; target: BinView | null } {
  const entries = useEntries();
  const views = viewSheet(sheet, entries);
  const asked = views.find((view) => view.bin.bin === wanted);
  const last = entries.findLast((one) => String(one.sheet) === String(sheet.sheet.id) && one.bin !== null)?.bin ?? null;
  const unfinished = views.find((view) => view.bin.bin === last && !view.done && view.open < view.rows.length);
  return { views, target: asked ?? unfinished ?? nextBin(views, last) };
}

export function Walk({ sheet, wanted }: { sheet: Sheet; wanted: string | null }) {
  const { views, target } = useTarget(sheet, wanted);
  const [question, setQuestion] = useState<Question>(null);
  const id = sheet.sheet.id;
  const enter = (bin: Bin): void => {
    setQuestion(null);
    go(to.bin(id, bin.bin));
  };
  function hear(text: string): void {
    const heard = resolveBin(sheet.bins, target?.bin.bin ?? "", text);
    if (heard.kind === "unknown") {
      signal("unknown");
      return setQuestion(heard);
    }
    if (heard.kind === "right" || !target) {
      signal("right");
      return enter(heard.bin);
    }
    signal("wrong_bin");
    setQuestion({ kind: "wrong", bin: heard.bin });
  }
  useScans({ onScan: hear });

  const title = sheet.sheet.pass > 1 ? t("sheets.recount", { pass: sheet.sheet.pass }) : t("walk.title");
  return (
    <>
      <Header title={title} sub={`${sheet.sheet.number} · ${sheet.sheet.zone}`} back={to.sheets()} />
      {question ? (
        <Trouble question={question} target={target} onCount={enter} onBack={() => setQuestion(null)} />
      ) : target ? (
        <Target sheet={sheet} views={views} target={target} onText={hear} />
      ) : (
        <AllDone sheet={sheet} />
      )}
    </>
  );
}

function Target({ sheet, views, target, onText }: { sheet: Sheet; views: BinView[]; target: BinView; onText: (text: string) => void }) {
  const id = sheet.sheet.id;
  const after = nextBin(views, target.bin.bin);
  const skip = (): void => go(to.walk(id, after?.bin.bin));
  return (
    <main className="screen walk">
      {sheet.sheet.pass > 1 ? <Note tone="wait" testId="recount">{t("walk.recount")}</Note> : null}
      <p className="lead">{t("walk.go")}</p>
      <p className={target.bin.bin.length > 12 ? "big-bin long" : "big-bin"} data-testid="target-bin">{target.bin.bin}</p>
      <p className="progress">{t("walk.progress", { n: views.indexOf(target) + 1, all: views.length })}</p>
      <ScanField key={target.bin.bin} label={t("walk.scan")} testId="bin-input" onText={onText} />
      <div className="foot two">
        <Button onPress={() => go(to.bins(id))} testId="bin-list">{t("walk.list")}</Button>
        <Button onPress={skip} testId="skip" disabled={!after || after === target}>{t("walk.skip")}</Button>
      </div>
      <Button look="quiet" onPress={() => go(to.handin(id))} testId="hand-in">{t("walk.hand_in")}</Button>
    </main>
  );
}

function AllDone({ sheet }: { sheet: Sheet }) {
  const id = sheet.sheet.id;
  return (
    <main className="screen walk">
      <Note tone="good" testId="all-done"><strong>{t("walk.done")}</strong><p>{t("walk.done_hint")}</p></Note>
      <div className="foot">
        <Button look="main" onPress={() => go(to.handin(id))} testId="hand-in">{t("walk.hand_in")}</Button>
        <Button onPress={() => go(to.bins(id))} testId="bin-list">{t("walk.list")}</Button>
      </div>
    </main>
  );
}

interface TroubleProps {
  question: Exclude<Question, null>;
  target: BinView | null;
  onCount: (bin: Bin) => void;
  onBack: () => void;
}

function Trouble({ question, target, onCount, onBack }: TroubleProps) {
  const wanted = target?.bin.bin ?? "";
  const back = <Button look="main" onPress={onBack} testId="ask-back">{wanted ? t("walk.go_back", { bin: wanted }) : t("back")}</Button>;
  if (question.kind === "unknown") {
    return (
      <Ask tone="bad" title={t("walk.unknown")} testId="ask-unknown-bin" answers={back}>
        <p>{t("walk.unknown_text", { text: question.text })}</p>
      </Ask>
    );
  }
  return (
    <Ask
      tone="bad"
      title={t("walk.wrong")}
      testId="ask-wrong-bin"
      answers={
        <>
          {back}
          <Button onPress={() => onCount(question.bin)} testId="count-this-bin">{t("walk.count_it", { bin: question.bin.bin })}</Button>
        </>
      }
    >
      <p>{t("walk.wrong_text", { scanned: question.bin.bin, wanted })}</p>
    </Ask>
  );
}
