import type { QuarantineRow } from "@shared/model";
import { formatCount } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { App as AntApp, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { pageOf, useParam } from "../app/params";
import { api, queries } from "../app/server";
import { useMay } from "../app/session";
import { word } from "../app/words";
import { DatasetFilter } from "../parts/DatasetFilter";
import { Head, Panel } from "../parts/layout";
import { Pager } from "../parts/Pager";
import { ReasonDialog } from "../parts/ReasonDialog";
import { Forbidden, Load, Notice } from "../parts/states";
import { type Column, Table } from "../parts/Table";
import { Code, When } from "../parts/values";

const SIZE = 50;
type Id = QuarantineRow["id"];

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useParam();
  const { page, offset, limit } = pageOf(get, SIZE);
  const query = { flow: get("flow"), offset, limit };
  const rows = useQuery({ queryKey: ["quarantine", query], queryFn: () => api.quarantine(query), placeholderData: keepPreviousData, enabled: may("quarantine.view") });
  if (!may("quarantine.view")) return <Forbidden />;
  return (
    <>
      <Head title={t("quarantine.title")} below={t("quarantine.lead")} actions={<DatasetFilter value={query.flow} change={(flow) => set({ flow })} />} />
      <Load of={rows} isEmpty={({ total }) => total === 0} empty={<Notice mark="empty" title={t("quarantine.none")}>{t("quarantine.noneNext")}</Notice>}>
        {(data) => <Rows rows={data.rows} total={data.total} page={page} go={(next) => set({ page: next })} />}
      </Load>
    </>
  );
}

function Record({ of }: { of: QuarantineRow["record"] }) {
  return (
    <dl className="record">
      {Object.entries(of).map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd></div>
      ))}
    </dl>
  );
}

function Rows({ rows, total, page, go }: { rows: QuarantineRow[]; total: number; page: number; go: (page: number) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const mayResolve = may("quarantine.resolve");
  const [picked, setPicked] = useState<ReadonlySet<Id>>(new Set());
  const [discarding, setDiscarding] = useState<QuarantineRow | null>(null);
  const [resending, setResending] = useState(false);
  const chosen = new Set(rows.filter(({ id }) => picked.has(id)).map(({ id }) => id));
  const columns: Column<QuarantineRow>[] = [
    { id: "flow", name: t("quarantine.what"), width: "130px", cell: (row) => <>{word("dataset", row.flow)}<div className="small quiet"><When at={row.at} /></div></> },
    { id: "message", name: t("quarantine.why"), cell: (row) => <>{row.message}<div className="small quiet"><Code>{row.code}</Code></div></> },
    { id: "record", name: t("quarantine.record"), cell: (row) => <Record of={row.record} /> },
    ...(mayResolve ? [{ id: "act", name: t("quarantine.act"), width: "90px", cell: (row: QuarantineRow) => <Button size="small" onClick={() => setDiscarding(row)}>{t("quarantine.discard")}</Button> }] : []),
  ];
  return (
    <>
      {mayResolve ? (
        <div className="bar">
          <div className="bar-facts"><b className="num" role="status">{chosen.size ? t("approvals.chosen", { lines: formatCount(chosen.size) }) : t("quarantine.total", { count: total, total: formatCount(total) })}</b></div>
          <div className="bar-actions"><Button type="primary" disabled={!chosen.size} onClick={() => setResending(true)}>{t("quarantine.resend")}</Button></div>
        </div>
      ) : null}
      <Panel flush>
        <Table keyboard label={t("quarantine.title")} columns={columns} rows={rows} keyOf={({ id }) => id} selection={mayResolve ? { chosen, change: setPicked } : undefined} />
        <Pager page={page} size={SIZE} total={total} go={go} />
      </Panel>
      {resending ? <ResendDialog ids={[...chosen]} close={() => setResending(false)} done={() => setPicked(new Set())} /> : null}
      {discarding ? <DiscardDialog row={discarding} close={() => setDiscarding(null)} /> : null}
    </>
  );
}

function ResendDialog({ ids, close, done }: { ids: Id[]; close: () => void; done: () => void }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const act = async (): Promise<void> => {
    await api.resendQuarantined(ids);
    message.success(t("quarantine.resent", { count: ids.length, rows: formatCount(ids.length) }));
    done();
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  return (
    <ReasonDialog
      title={t("quarantine.resendTitle", { count: ids.length, rows: formatCount(ids.length) })}
      summary={<p className="dialog-says">{t("quarantine.resendSays")}</p>}
      confirm={t("quarantine.resend")}
      asks={false}
      act={act}
      close={close}
    />
  );
}

function DiscardDialog({ row, close }: { row: QuarantineRow; close: () => void }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const act = async (reason: string): Promise<void> => {
    await api.discard(row.id, reason);
    message.success(t("quarantine.discarded"));
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  return (
    <ReasonDialog
      title={t("quarantine.discardTitle")}
      summary={<><p className="dialog-says">{t("quarantine.discardSays")}</p><Record of={row.record} /></>}
      confirm={t("quarantine.discard")}
      danger
      act={act}
      close={close}
    />
  );
}
