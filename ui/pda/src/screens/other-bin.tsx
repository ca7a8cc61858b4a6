import { useEffect, useRef, useState } from "react";
import { Button, Note } from "../parts/controls";
import { ScanField } from "../parts/scan-field";
import { server } from "../desk";
import type { SheetRow } from "../data/model";
import { go, to } from "../route";
import { useScans } from "../scan/listen";
import { signal } from "../scan/signal";
import { t } from "../words";
import { sentence } from "./sign-in";

const EVERY = 2_000;

type State = { kind: "ask"; problem: string } | { kind: "waiting"; bin: string; count: string };

/**
 * Counting the bin one stands before, though no sheet asks for it. Its sheet is made by the server, which reads the books of
 * the bin first; it is opened here as soon as it is there.
 */
export function OtherBin({ rows, refresh, close }: { rows: readonly SheetRow[]; refresh: () => Promise<void>; close: () => void }) {
  const [state, setState] = useState<State>({ kind: "ask", problem: "" });
  const [busy, setBusy] = useState(false);
  const waiting = state.kind === "waiting" ? state.count : null;
  const ready = rows.find((row) => row.count === waiting);
  const ask = useRef(refresh);
  ask.current = refresh;
  useEffect(() => {
    if (ready) go(to.walk(ready.id));
  }, [ready]);
  useEffect(() => {
    if (waiting === null) return;
    const timer = setInterval(() => void ask.current(), EVERY);
    return () => clearInterval(timer);
  }, [waiting]);

  async function order(bin: string): Promise<void> {
    if (busy || state.kind === "waiting") return;
    setBusy(true);
    try {
      setState({ kind: "waiting", bin, count: await server.countBin(bin) });
      signal("right");
    } catch (refused) {
      signal("unknown");
      setState({ kind: "ask", problem: sentence(refused) });
    }
    setBusy(false);
  }
  useScans({ onScan: (text) => void order(text) });

  if (state.kind === "waiting") {
    return (
      <Note tone="wait" testId="other-bin-waiting">
        <strong>{t("other.waiting", { bin: state.bin })}</strong>
        <p>{t("other.waiting_text", { count: state.count })}</p>
        <Button onPress={close} testId="other-bin-close">{t("back")}</Button>
      </Note>
    );
  }
  return (
    <Note tone="info" testId="other-bin">
      <strong>{t("other.title")}</strong>
      <p>{t("other.text")}</p>
      {state.problem ? <p role="alert" data-testid="other-bin-problem">{state.problem}</p> : null}
      <ScanField label={t("walk.scan")} testId="other-bin-input" onText={(text) => void order(text)} />
      <div className="foot"><Button onPress={close} testId="other-bin-close">{t("back")}</Button></div>
    </Note>
  );
}
