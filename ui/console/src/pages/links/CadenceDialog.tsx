import type { CadenceKind, PolledFlow, TimingWords } from "@shared/model";
import { useQuery } from "@tanstack/react-query";
import { Alert, Input, InputNumber, Radio, Select } from "antd";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/server";
import { word } from "../../app/words";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { useSentence } from "../../parts/states";
import { When } from "../../parts/values";

const UNITS = { seconds: 1, minutes: 60, hours: 3600 } as const;
type Unit = keyof typeof UNITS;
const KINDS: CadenceKind[] = ["interval", "cron", "event"];

interface Draft {
  kind: CadenceKind;
  amount: number;
  unit: Unit;
  cron: string;
  zone: string;
  windows: string[];
  jitter: number;
}

function draftOf(flow: PolledFlow): Draft {
  const seconds = flow.every_seconds || (flow.kind === "event" ? 900 : 300);
  const unit: Unit = seconds % 3600 === 0 ? "hours" : seconds % 60 === 0 ? "minutes" : "seconds";
  return {
    kind: flow.kind, amount: seconds / UNITS[unit], unit, cron: flow.cron || "*/15 22-23,0-5 * * *", zone: flow.zone,
    windows: flow.windows, jitter: flow.jitter_seconds,
  };
}

function timingOf(draft: Draft): TimingWords {
  const rest = { zone: draft.zone, windows: draft.windows, jitter: draft.jitter };
  if (draft.kind === "cron") return { cron: draft.cron, ...rest };
  const every = Math.round(draft.amount * UNITS[draft.unit]);
  return draft.kind === "event" ? { on: "event", every, ...rest } : { every, ...rest };
}

/** Another cadence, with what it would mean told by the server before it is set. */
export function CadenceDialog({ link, flow, close }: { link: string; flow: PolledFlow; close: () => void }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(flow));
  const timing = useDeferredValue(timingOf(draft));
  const preview = useQuery({ queryKey: ["preview", link, flow.flow, timing], queryFn: () => api.previewCadence(link, flow.flow, timing), staleTime: 30_000 });
  const set = (change: Partial<Draft>): void => setDraft((before) => ({ ...before, ...change }));
  return (
    <ReasonDialog
      title={t("cadence.editTitle", { flow: word("pollFlow", flow.flow) })}
      confirm={t("cadence.set")}
      ready={preview.isSuccess}
      act={async (reason) => {
        await api.setCadence(link, flow.flow, timingOf(draft), reason);
        await queries.invalidateQueries();
      }}
      close={close}
      summary={
        <div className="stack-small">
          <Radio.Group value={draft.kind} onChange={(event) => set({ kind: event.target.value as CadenceKind })} options={KINDS.map((kind) => ({ value: kind, label: t(`cadence.kind_${kind}`) }))} aria-label={t("cadence.kind")} />
          {draft.kind === "cron" ? (
            <label className="field"><span>{t("cadence.cron")}</span><Input className="code" value={draft.cron} onChange={(event) => set({ cron: event.target.value })} /><small>{t("cadence.cronHint")}</small></label>
          ) : (
            <div className="field">
              <span>{draft.kind === "event" ? t("cadence.net") : t("cadence.every")}</span>
              <div className="row">
                <InputNumber min={1} precision={0} value={draft.amount} onChange={(amount) => set({ amount: amount ?? 1 })} aria-label={t("cadence.every")} />
                <Select value={draft.unit} onChange={(unit) => set({ unit })} style={{ width: 110 }} aria-label={t("cadence.unit")} options={(Object.keys(UNITS) as Unit[]).map((unit) => ({ value: unit, label: t(`cadence.${unit}`) }))} />
              </div>
              {draft.kind === "event" ? <small>{t("cadence.netHint")}</small> : null}
            </div>
          )}
          <label className="field">
            <span>{t("cadence.windows")}</span>
            <Select mode="tags" open={false} suffixIcon={null} value={draft.windows} onChange={(windows: string[]) => set({ windows })} placeholder="mon-fri 22:00-06:00" tokenSeparators={[";"]} />
            <small>{t("cadence.windowsHint")}</small>
          </label>
          <div className="row">
            <label className="field grow"><span>{t("cadence.zone")}</span><Input value={draft.zone} onChange={(event) => set({ zone: event.target.value })} /></label>
            <label className="field"><span>{t("cadence.jitter")}</span><InputNumber min={0} precision={0} value={draft.jitter} onChange={(jitter) => set({ jitter: jitter ?? 0 })} /></label>
          </div>
          <Preview of={preview} zone={draft.zone} />
        </div>
      }
    />
  );
}

function Preview({ of, zone }: { of: { data?: { cadence: string; following: string[] } | undefined; error: unknown }; zone: string }) {
  const { t } = useTranslation();
  const sentence = useSentence();
  if (of.error) return <Alert type="warning" title={sentence(of.error)} role="alert" />;
  return (
    <div className="preview" aria-live="polite">
      <b>{of.data?.cadence ?? t("cadence.reading")}</b>
      <p className="quiet small">{t("cadence.nextFive", { zone })}</p>
      <ol className="turns num">{(of.data?.following ?? []).map((at) => <li key={at}><When at={at} seconds /></li>)}</ol>
    </div>
  );
}
