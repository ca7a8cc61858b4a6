import type { FlowRun } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { Modal } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../app/server";
import { word } from "../../app/words";
import { Load, Notice } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { State } from "../../parts/tags";
import { When } from "../../parts/values";

/** The last runs of a flow. */
export function RunsDialog({ link, flow, close }: { link: string; flow: string; close: () => void }) {
  const { t } = useTranslation();
  const runs = useQuery({ queryKey: ["runs", link, flow], queryFn: () => api.flowRuns(link, flow), refetchInterval: 5_000 });
  const columns: Column<FlowRun>[] = [
    { id: "at", name: t("cadence.began"), width: "128px", cell: (run) => <When at={run.started_at} seconds /> },
    { id: "end", name: t("cadence.ended"), width: "128px", cell: (run) => <When at={run.ended_at} seconds /> },
    { id: "outcome", name: t("cadence.outcome"), width: "110px", cell: (run) => <State of="runOutcome" code={run.outcome} /> },
    { id: "rows", name: t("cadence.rows"), number: true, cell: (run) => <span className="num">{formatCount(run.rows)}</span> },
    { id: "message", name: t("cadence.said"), cell: (run) => <>{run.times > 1 ? <span className="quiet">{t("cadence.times", { times: formatCount(run.times) })} </span> : null}{run.message}</> },
  ];
  return (
    <Modal open title={t("cadence.runsTitle", { flow: word("pollFlow", flow) })} width={860} footer={null} onCancel={close}>
      <Load of={runs} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("cadence.noRuns")} />}>
        {({ rows }) => <div className="dialog-table"><Table label={t("cadence.runs")} columns={columns} rows={rows} keyOf={(run) => run.started_at} /></div>}
      </Load>
    </Modal>
  );
}
