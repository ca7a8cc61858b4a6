import { useState } from "react";
import { formatTime } from "@shared/time";
import { Button, Note } from "../parts/controls";
import { Header, useEntries, useStanding } from "../parts/header";
import { describe } from "../parts/text";
import type { Entry } from "../data/database";
import { outbox, sender } from "../desk";
import { cameFrom, go, to } from "../route";
import { currentLanguage, t, type Word } from "../words";

const SHOWN = 100;

export function Waiting() {
  const entries = useEntries();
  const standing = useStanding();
  const refused = entries.filter((one) => one.state === "refused");
  const waiting = entries.filter((one) => one.state === "waiting");
  return (
    <>
      <Header title={t("waiting.title")} back={cameFrom()} />
      <main className="screen stack">
        {refused.length > 0 ? (
          <>
            <Note tone="bad"><strong>{t("waiting.refused", { n: refused.length })}</strong><p>{t("waiting.refused_hint")}</p></Note>
            {refused.length > 1 ? <Button onPress={() => void all(refused)} testId="send-all-again">{t("waiting.all_again")}</Button> : null}
            {refused.map((entry) => <Refused key={entry.id} entry={entry} />)}
          </>
        ) : null}
        {waiting.length === 0 && refused.length === 0 ? <Note tone="good" testId="all-sent">{t("waiting.none")}</Note> : null}
        {waiting.length > 0 ? (
          <>
            <Note tone="wait" testId="some-waiting">
              <strong>{t("waiting.some", { n: waiting.length })}</strong>
              {standing === "unreachable" || standing === "sending" || standing === "signed_out" ? <p>{t(`waiting.${standing}`)}</p> : null}
            </Note>
            <Button look="main" onPress={() => void sender.kick()} testId="send-now">{t("waiting.now")}</Button>
            <ul className="rows">{waiting.slice(0, SHOWN).map((entry) => <li key={entry.id} className="row"><What entry={entry} /></li>)}</ul>
          </>
        ) : null}
      </main>
    </>
  );
}

async function all(refused: readonly Entry[]): Promise<void> {
  for (const entry of refused) await outbox.again(entry.id);
  void sender.kick();
}

function What({ entry }: { entry: Entry }) {
  return (
    <span className="what">
      <strong>{entry.kind === "undo" ? `${t("waiting.kind_undo")}：` : ""}{describe(entry)}</strong>
      <span className="code">{[t(`waiting.kind_${entry.kind}` as Word), entry.bin, formatTime(entry.counted_at, currentLanguage(), true)].filter(Boolean).join(" · ")}</span>
    </span>
  );
}

/** A refused entry: what it was, what the server says, and the three ways out. */
function Refused({ entry }: { entry: Entry }) {
  const [sure, setSure] = useState(false);
  const discard = async (): Promise<void> => {
    if (!sure) return setSure(true);
    await outbox.discard(entry.id);
    void sender.kick();
  };
  const again = async (): Promise<void> => {
    await outbox.again(entry.id);
    void sender.kick();
  };
  const recount = async (): Promise<void> => {
    await outbox.countAfresh(entry.id);
    void sender.kick();
    if (entry.bin !== null) go(to.bin(entry.sheet, entry.bin));
  };
  return (
    <section className="refused" data-testid="refused" data-code={entry.code ?? ""}>
      <What entry={entry} />
      <p data-testid="refused-message">{entry.message ?? entry.code}</p>
      {sure ? <p><strong>{t("waiting.discard_sure")}</strong></p> : null}
      <div className="two">
        {entry.kind === "scan" || entry.kind === "empty" ? <Button onPress={() => void recount()} testId="recount-refused">{t("waiting.recount")}</Button> : null}
        <Button onPress={() => void again()} testId="send-again">{t("waiting.again")}</Button>
        <Button look={sure ? "danger" : "plain"} onPress={() => void discard()} testId="discard">{t("waiting.discard")}</Button>
      </div>
    </section>
  );
}
