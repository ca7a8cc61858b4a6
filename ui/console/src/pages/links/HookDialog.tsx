import type { Hook } from "@shared/model";
import { useQuery } from "@tanstack/react-query";
import { Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/server";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { EventsField, eventsOf, pairsOf } from "./EventsField";
import type { Shown } from "./SecretDialog";

export type HookAct = "create" | "edit" | "on" | "off" | "rotate" | "remove";

interface HookDialogProps {
  link: string;
  act: HookAct;
  hook: Hook | null;
  shown: (secret: Shown) => void;
  close: () => void;
}

/** Making and changing a webhook into the link. */
export function HookDialog({ link, act, hook, shown, close }: HookDialogProps) {
  const { t } = useTranslation();
  const flows = useQuery({ queryKey: ["flows", link], queryFn: () => api.flows(link) });
  const [source, setSource] = useState(hook?.source ?? "");
  const [pairs, setPairs] = useState(() => (hook ? pairsOf(hook.events) : [{ event: "", flow: "" }]));
  const events = eventsOf(pairs);
  const writes = act === "create" || act === "edit";
  const perform = async (reason: string): Promise<void> => {
    if (act === "create") shown({ name: source, secret: (await api.createHook(link, source, events ?? {})).secret });
    else if (act === "rotate") shown({ name: source, secret: (await api.rotateHook(link, source, reason)).secret });
    else if (act === "remove") await api.removeHook(link, source, reason);
    else await api.changeHook(link, source, act === "edit" ? { events: events ?? {}, reason } : { active: act === "on", reason });
    await queries.invalidateQueries({ queryKey: ["hooks", link] });
  };
  return (
    <ReasonDialog
      title={t(`hooks.${act}Title`, { source })}
      confirm={t(`hooks.${act}`)}
      danger={act === "remove"}
      asks={act !== "create"}
      ready={!writes || (events !== null && source !== "")}
      act={perform}
      close={close}
      summary={
        writes ? (
          <div className="stack-small">
            {act === "create" ? <label className="field"><span>{t("hooks.source")}</span><Input autoFocus className="code" value={source} placeholder="erp" onChange={(event) => setSource(event.target.value)} /><small>{t("hooks.sourceHint", { path: `/hooks/${link}/${source || "erp"}` })}</small></label> : null}
            <EventsField pairs={pairs} change={setPairs} flows={flows.data?.rows ?? []} />
          </div>
        ) : t(`hooks.${act}Says`)
      }
    />
  );
}
