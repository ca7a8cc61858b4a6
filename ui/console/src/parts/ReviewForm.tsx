import type { DeliveryDetail, ReviewDecision } from "@shared/model";
import { formatCount } from "@shared/time";
import { App as AntApp, Button, Input, Radio } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../app/server";
import { useMay } from "../app/session";
import { Panel } from "./layout";
import { ReasonDialog } from "./ReasonDialog";
import { Code, When } from "./values";

const DECISIONS: ReviewDecision[] = ["arrived", "did_not_arrive", "give_up"];

/** Nobody can ask the other system what became of this document: what to look for, what can be said, what each answer does. */
export function ReviewForm({ of }: { of: DeliveryDetail }) {
  const { t } = useTranslation();
  const may = useMay();
  const [decision, setDecision] = useState<ReviewDecision | null>(null);
  const [number, setNumber] = useState("");
  const [asking, setAsking] = useState(false);
  if (of.state !== "needs_review") return null;
  const sent = of.tries.filter(({ action }) => action === "write").at(-1);
  const complete = decision !== null && (decision !== "arrived" || number.trim() !== "");
  return (
    <Panel title={t("review.title")} note={t("review.note", { system: of.system })}>
      <ol className="effects">
        <li>{t("review.look", { system: of.system })} <Code>{of.key}</Code>{sent ? <> · {t("review.sentAt")} <When at={sent.started_at} seconds /></> : null} · {t("review.lines", { count: of.lines ?? 0, total: formatCount(of.lines) })}</li>
        <li>{t("review.say")}</li>
      </ol>
      {of.behind ? <p className="strong">{t("review.behind", { count: of.behind, total: formatCount(of.behind) })}</p> : null}
      {may("delivery.decide") ? (
        <>
          <Radio.Group value={decision} onChange={(event) => setDecision(event.target.value as ReviewDecision)} aria-label={t("review.title")}>
            {DECISIONS.map((one) => <Radio key={one} value={one} className="choice"><b>{t(`review.${one}`)}</b><div className="small quiet">{t(`review.${one}Does`)}</div></Radio>)}
          </Radio.Group>
          {decision === "arrived" ? (
            <label className="field"><span>{t("review.number", { system: of.system })}</span><Input value={number} maxLength={120} onChange={(event) => setNumber(event.target.value)} /></label>
          ) : null}
          <div className="bar-actions review-act"><Button type="primary" danger={decision === "give_up"} disabled={!complete} onClick={() => setAsking(true)}>{t("review.decide")}</Button></div>
        </>
      ) : <p className="quiet">{t("review.others")}</p>}
      {asking && decision ? <Confirm of={of} decision={decision} number={number.trim()} close={() => setAsking(false)} /> : null}
    </Panel>
  );
}

function Confirm({ of, decision, number, close }: { of: DeliveryDetail; decision: ReviewDecision; number: string; close: () => void }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const act = async (reason: string): Promise<void> => {
    await api.decideDelivery(of.id, { decision, remote_id: decision === "arrived" ? number : "", reason });
    message.success(t("review.decided"));
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  return (
    <ReasonDialog
      title={t(`review.${decision}`)}
      summary={<><p className="dialog-says">{t(`review.${decision}Does`)}</p>{decision === "arrived" ? <p><Code>{number}</Code></p> : null}</>}
      confirm={t("review.decide")}
      danger={decision === "give_up"}
      act={act}
      close={close}
    />
  );
}

/** Who decided what, and why. */
export function Reviews({ of }: { of: DeliveryDetail }) {
  const { t } = useTranslation();
  if (!of.reviews.length) return null;
  return (
    <Panel title={t("review.past")}>
      <ul className="effects">
        {of.reviews.map((one) => (
          <li key={one.at}><b>{t(`review.${one.decision}`)}</b>{one.remote_id ? <> <Code>{one.remote_id}</Code></> : null} · {one.user} · <When at={one.at} seconds /><div>{one.reason}</div></li>
        ))}
      </ul>
    </Panel>
  );
}
