import type { PolledFlow } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { App as AntApp, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/server";
import { useMay } from "../../app/session";
import { word } from "../../app/words";
import { Panel } from "../../parts/layout";
import { ReasonDialog } from "../../parts/ReasonDialog";
import { Load, useSentence } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { State } from "../../parts/tags";
import { When } from "../../parts/values";
import { CadenceDialog } from "./CadenceDialog";
import { RunsDialog } from "./RunsDialog";

type Doing = { what: "edit" | "runs" | "pause" | "resume" | "follow"; flow: PolledFlow };

function stateOf(flow: PolledFlow): string {
  if (flow.paused_at) return "paused";
  if (flow.running_since) return "running";
  if (flow.message) return "failing";
  return flow.last_run ? "working" : "waiting";
}

/** The flows that start by themselves: when, how they fare, and what a person may do about it. */
export function Flows({ link }: { link: string }) {
  const { t } = useTranslation();
  const flows = useQuery({ queryKey: ["flows", link], queryFn: () => api.flows(link), refetchInterval: 10_000 });
  const [doing, setDoing] = useState<Doing | null>(null);
  const columns = useColumns(link, setDoing);
  return (
    <Panel title={t("cadence.title")} note={t("cadence.note")} flush>
      <Load of={flows} rows={4}>{({ rows }) => <Table label={t("cadence.title")} columns={columns} rows={rows} keyOf={({ flow }) => flow} />}</Load>
      {doing ? <Dialog link={link} doing={doing} close={() => setDoing(null)} /> : null}
    </Panel>
  );
}

function useColumns(link: string, open: (doing: Doing) => void): Column<PolledFlow>[] {
  const { t } = useTranslation();
  const mayEdit = useMay()("link.edit");
  const { message } = AntApp.useApp();
  const sentence = useSentence();
  const run = async (flow: PolledFlow): Promise<void> => {
    try {
      const { queued } = (await api.actOnFlow(link, flow.flow, "run", "")) as { queued: boolean };
      message.success(queued ? t("cadence.queued") : t("cadence.waitsAlready"));
      await queries.invalidateQueries({ queryKey: ["flows", link] });
    } catch (error) {
      message.error(sentence(error));
    }
  };
  return [
    { id: "flow", name: t("cadence.flow"), width: "120px", cell: (flow) => <b>{word("pollFlow", flow.flow)}</b> },
    { id: "when", name: t("cadence.when"), cell: (flow) => <Told flow={flow} /> },
    { id: "state", name: t("cadence.state"), width: "128px", cell: (flow) => <State of="flowState" code={stateOf(flow)} /> },
    { id: "next", name: t("cadence.next"), width: "112px", cell: (flow) => <When at={flow.next_due} seconds /> },
    {
      id: "last", name: t("cadence.last"), width: "132px",
      cell: (flow) => <><When at={flow.last_run} ago /><div className="small quiet num">{t("cadence.done", { done: formatCount(flow.successes), failed: formatCount(flow.failures) })}</div></>,
    },
    {
      id: "act", name: t("cadence.act"), width: "236px",
      cell: (flow) => (
        <div className="row-actions">
          <Button size="small" onClick={() => open({ what: "runs", flow })}>{t("cadence.runs")}</Button>
          {mayEdit ? (
            <>
              <Button size="small" onClick={() => void run(flow)}>{t("cadence.run")}</Button>
              <Button size="small" onClick={() => open({ what: flow.paused_at ? "resume" : "pause", flow })}>{flow.paused_at ? t("cadence.resume") : t("cadence.pause")}</Button>
              <Button size="small" onClick={() => open({ what: "edit", flow })}>{t("cadence.edit")}</Button>
              {flow.by_hand && flow.folder_cadence ? <Button size="small" type="link" onClick={() => open({ what: "follow", flow })}>{t("cadence.follow")}</Button> : null}
            </>
          ) : null}
        </div>
      ),
    },
  ];
}

function Told({ flow }: { flow: PolledFlow }) {
  const { t } = useTranslation();
  return (
    <>
      {flow.cadence}
      {flow.by_hand && flow.folder_cadence ? <div className="small quiet">{t("cadence.byHand", { folder: flow.folder_cadence })}</div> : null}
      {flow.paused_at ? <div className="small wait-text">{t("cadence.pausedBy", { who: flow.paused_by, reason: flow.paused_reason })}</div> : null}
      {flow.message ? <div className="small bad-text">{flow.message}</div> : null}
    </>
  );
}

function Dialog({ link, doing: { what, flow }, close }: { link: string; doing: Doing; close: () => void }) {
  const { t } = useTranslation();
  if (what === "edit") return <CadenceDialog link={link} flow={flow} close={close} />;
  if (what === "runs") return <RunsDialog link={link} flow={flow.flow} close={close} />;
  const name = word("pollFlow", flow.flow);
  return (
    <ReasonDialog
      title={t(`cadence.${what}Title`, { flow: name })}
      confirm={t(`cadence.${what}`)}
      summary={t(`cadence.${what}Says`, { folder: flow.folder_cadence ?? "" })}
      act={async (reason) => {
        if (what === "follow") await api.setCadence(link, flow.flow, null, reason);
        else await api.actOnFlow(link, flow.flow, what, reason);
        await queries.invalidateQueries();
      }}
      close={close}
    />
  );
}
