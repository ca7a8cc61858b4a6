import type { Subscription } from "@shared/model";
import { Input, Radio, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/server";
import { word } from "../../app/words";
import { ReasonDialog } from "../../parts/ReasonDialog";
import type { Shown } from "./SecretDialog";

export type SubscriptionAct = "create" | "edit" | "pause" | "resume" | "rotate" | "remove";
type From = "here" | "now" | "start" | "cursor";

interface SubscriptionDialogProps {
  act: SubscriptionAct;
  of: Subscription | null;
  kinds: string[];
  shown: (secret: Shown) => void;
  close: () => void;
}

/** Making and changing a subscription, and where it goes on. */
export function SubscriptionDialog({ act, of, kinds, shown, close }: SubscriptionDialogProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(of?.name ?? "");
  const [url, setUrl] = useState(of?.url ?? "");
  const [chosen, setChosen] = useState<string[]>(of?.kinds ?? []);
  const [from, setFrom] = useState<From>(act === "create" ? "now" : "here");
  const [cursor, setCursor] = useState("");
  const after = from === "here" ? null : from === "start" ? "" : from === "now" ? "now" : cursor.trim();
  const writes = act === "create" || act === "edit";
  const begins = act === "create" || act === "resume";
  const perform = async (reason: string): Promise<void> => {
    const id = of?.id ?? 0;
    if (act === "create") shown({ name, secret: (await api.createSubscription({ name, url, kinds: chosen, after: after ?? "now" })).secret });
    else if (act === "rotate") shown({ name, secret: (await api.rotateSubscription(id, reason)).secret });
    else if (act === "edit") await api.changeSubscription(id, { url, kinds: chosen, reason });
    else if (act === "pause") await api.pauseSubscription(id, reason);
    else if (act === "resume") await api.resumeSubscription(id, after, reason);
    else await api.removeSubscription(id, reason);
    await queries.invalidateQueries({ queryKey: ["subscriptions"] });
  };
  return (
    <ReasonDialog
      title={t(`subs.${act}Title`, { name })}
      confirm={t(`subs.${act}`)}
      danger={act === "remove"}
      asks={act !== "create"}
      ready={(!writes || (name.trim() !== "" && url.trim() !== "")) && (from !== "cursor" || cursor.trim() !== "")}
      act={perform}
      close={close}
      summary={
        <div className="stack-small">
          {act === "create" ? <label className="field"><span>{t("subs.name")}</span><Input autoFocus value={name} maxLength={80} onChange={(event) => setName(event.target.value)} /></label> : null}
          {writes ? (
            <>
              <label className="field"><span>{t("subs.url")}</span><Input className="code" value={url} placeholder="https://esb.example.com/countbridge" onChange={(event) => setUrl(event.target.value)} /><small>{t("subs.urlHint")}</small></label>
              <label className="field"><span>{t("subs.kinds")}</span><Select mode="multiple" allowClear value={chosen} onChange={setChosen} placeholder={t("subs.allKinds")} options={kinds.map((kind) => ({ value: kind, label: word("eventKind", kind) }))} /></label>
            </>
          ) : <p>{t(`subs.${act}Says`)}</p>}
          {begins ? (
            <div className="field">
              <span>{t("subs.from")}</span>
              <Radio.Group value={from} onChange={(event) => setFrom(event.target.value as From)} options={(act === "create" ? (["now", "start"] as From[]) : (["here", "now", "start", "cursor"] as From[])).map((one) => ({ value: one, label: t(`subs.from_${one}`) }))} />
              {from === "cursor" ? <Input className="code" value={cursor} aria-label={t("subs.from_cursor")} onChange={(event) => setCursor(event.target.value)} /> : null}
            </div>
          ) : null}
        </div>
      }
    />
  );
}
