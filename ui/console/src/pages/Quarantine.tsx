import type { QuarantineFilter, QuarantineGroup, QuarantineRow } from "@shared/model";
import { formatCount } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { pageOf, useParam } from "../app/params";
import { api } from "../app/server";
import { useMay } from "../app/session";
import { word } from "../app/words";
import { DatasetFilter } from "../parts/DatasetFilter";
import { Head, Panel } from "../parts/layout";
import { Pager } from "../parts/Pager";
import { type Dealt, QuarantineDialog } from "../parts/QuarantineDialog";
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
  const filter: QuarantineFilter = { flow: get("flow"), code: get("code"), said: get("said"), count: get("count") };
  const query = { ...filter, offset, limit };
  const rows = useQuery({ queryKey: ["quarantine", query], queryFn: () => api.quarantine(query), placeholderData: keepPreviousData, enabled: may("quarantine.view") });
  const [dealing, setDealing] = useState<Dealt | null>(null);
  if (!may("quarantine.view")) return <Forbidden />;
  return (
    <>
      <Head title={t("quarantine.title")} below={t("quarantine.lead")} actions={<DatasetFilter value={filter.flow} change={(flow) => set({ flow, code: null, said: null })} />} />
      <Reasons filter={filter} narrow={(to) => set(to)} deal={setDealing} />
      <Load of={rows} isEmpty={({ total }) => total === 0} empty={<Notice mark="empty" title={t("quarantine.none")}>{t("quarantine.noneNext")}</Notice>}>
        {(data) => <Rows rows={data.rows} total={data.total} page={page} go={(next) => set({ page: next })} deal={setDealing} />}
      </Load>
      {dealing ? <QuarantineDialog of={dealing} close={() => setDealing(null)} /> : null}
    </>
  );
}

interface ReasonsProps {
  filter: QuarantineFilter;
  narrow: (to: { flow?: string | null; code?: string | null; said?: string | null }) => void;
  deal: (what: Dealt) => void;
}

/** What waits, by reason: one cause is often behind hundreds of records. */
function Reasons({ filter, narrow, deal }: ReasonsProps) {
  const { t } = useTranslation();
  const may = useMay();
  const reasons = useQuery({ queryKey: ["quarantine", "reasons", filter.flow], queryFn: () => api.quarantineReasons({ flow: filter.flow }), placeholderData: keepPreviousData });
  const narrowed = filter.code !== undefined;
  const groups = (reasons.data?.rows ?? []).filter((one) => !narrowed || (one.code === filter.code && (one.said ?? undefined) === filter.said));
  if (!groups.length) return null;
  const of = (one: QuarantineGroup): QuarantineFilter => ({ flow: one.flow, code: one.code, ...(one.said === null ? {} : { said: one.said }) });
  return (
    <Panel title={t("pen.reasons")} note={t("pen.reasonsNote")} side={narrowed ? <button type="button" className="chip" onClick={() => narrow({ code: null, said: null })}>{t("pen.allReasons")} <span aria-hidden="true">×</span></button> : null} flush>
      <table className="table">
        <thead><tr><th>{t("quarantine.what")}</th><th>{t("quarantine.why")}</th><th className="right">{t("pen.number")}</th>{may("quarantine.resolve") ? <th>{t("quarantine.act")}</th> : null}</tr></thead>
        <tbody>
          {groups.map((one) => (
            <tr key={`${one.flow}${one.code}${one.said}`}>
              <td>{word("dataset", one.flow)}</td>
              <td><button type="button" className="as-link" onClick={() => narrow({ flow: one.flow, code: one.code, said: one.said })}>{one.message}</button></td>
              <td className="right num">{formatCount(one.number)}</td>
              {may("quarantine.resolve") ? (
                <td className="nowrap">
                  <Button size="small" onClick={() => deal({ action: "resend", filter: of(one), number: one.number, flows: [one.flow] })}>{t("pen.resendAll", { total: formatCount(one.number) })}</Button>{" "}
                  <Button size="small" danger onClick={() => deal({ action: "discard", filter: of(one), number: one.number, flows: [one.flow] })}>{t("pen.discardAll")}</Button>
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Record({ of }: { of: QuarantineRow["record"] }) {
  return (
    <dl className="record">
      {Object.entries(of).filter(([, value]) => value !== "").map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd></div>
      ))}
    </dl>
  );
}

function Rows({ rows, total, page, go, deal }: { rows: QuarantineRow[]; total: number; page: number; go: (page: number) => void; deal: (what: Dealt) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const mayResolve = may("quarantine.resolve");
  const [picked, setPicked] = useState<ReadonlySet<Id>>(new Set());
  const some = rows.filter(({ id }) => picked.has(id));
  const chosen = new Set(some.map(({ id }) => id));
  const columns: Column<QuarantineRow>[] = [
    { id: "flow", name: t("quarantine.what"), width: "150px", cell: (row) => <>{word("dataset", row.flow)}<div className="small quiet"><When at={row.at} /></div></> },
    { id: "message", name: t("quarantine.why"), cell: (row) => <>{row.message}<div className="small quiet"><Code>{row.code}</Code>{row.delivery ? <> · <Link to={`/deliveries/${row.delivery}`}>{t("pen.document")}</Link></> : null}{row.count ? <> · <Link to={`/counts/${row.count}`}>{row.count}</Link></> : null}</div></> },
    { id: "record", name: t("quarantine.record"), cell: (row) => <Record of={row.record} /> },
  ];
  const start = (action: Dealt["action"]): void => deal({ action, ids: [...chosen], number: chosen.size, flows: [...new Set(some.map(({ flow }) => flow))], done: () => setPicked(new Set()) });
  return (
    <>
      {mayResolve ? (
        <div className="bar">
          <div className="bar-facts"><b className="num" role="status">{chosen.size ? t("pen.chosen", { count: chosen.size, total: formatCount(chosen.size) }) : t("quarantine.total", { count: total, total: formatCount(total) })}</b></div>
          <div className="bar-actions">
            <Button danger disabled={!chosen.size} onClick={() => start("discard")}>{t("quarantine.discard")}</Button>
            <Button type="primary" disabled={!chosen.size} onClick={() => start("resend")}>{t("quarantine.resend")}</Button>
          </div>
        </div>
      ) : null}
      <Panel flush>
        <Table keyboard label={t("quarantine.title")} columns={columns} rows={rows} keyOf={({ id }) => id} selection={mayResolve ? { chosen, change: setPicked } : undefined} />
        <Pager page={page} size={SIZE} total={total} go={go} />
      </Panel>
    </>
  );
}
