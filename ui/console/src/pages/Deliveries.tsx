import type { Delivery, DeliveryFilter, DeliveryPage, DeliveryState } from "@shared/model";
import { formatCount } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Alert, Button, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { pageOf, useParam } from "../app/params";
import { api } from "../app/server";
import { useMay } from "../app/session";
import { word } from "../app/words";
import { FlowFilter } from "../parts/FlowFilter";
import { Head, Panel } from "../parts/layout";
import { Pager } from "../parts/Pager";
import { ResendDialog } from "../parts/ResendDialog";
import { Search } from "../parts/Search";
import { Forbidden, Load, Notice } from "../parts/states";
import { type Column, Table } from "../parts/Table";
import { State } from "../parts/tags";
import { Code, When } from "../parts/values";

const SIZE = 50;
const STATES: DeliveryState[] = ["intent", "sending", "confirmed", "rejected", "unknown", "needs_review"];

function useColumns(): Column<Delivery>[] {
  const { t } = useTranslation();
  return [
    { id: "what", name: t("deliveries.what"), cell: (one) => <div className="nowrap"><Link className="strong" to={`/deliveries/${one.id}`}>{word("deliveryKind", one.kind)}</Link><div className="small quiet">{one.flow} → {one.system}</div></div> },
    { id: "state", name: t("deliveries.state"), width: "130px", cell: (one) => <><State of="deliveryState" code={one.state} />{one.next_try_at ? <div className="small quiet">{t("outbox.nextTry")} <When at={one.next_try_at} seconds /></div> : null}</> },
    { id: "count", name: t("deliveries.count"), cell: (one) => (one.count ? <Link className="nowrap" to={`/counts/${one.count}`}><Code>{one.count}</Code></Link> : <span className="quiet">—</span>) },
    { id: "key", name: t("deliveries.key"), cell: (one) => <div className="clip small"><Code>{one.key}</Code>{one.remote_id ? <div className="quiet">{t("deliveries.remote")} <Code>{one.remote_id}</Code></div> : null}</div> },
    { id: "lines", name: t("deliveries.lines"), number: true, cell: (one) => <span className="num">{formatCount(one.lines)}</span> },
    { id: "tries", name: t("deliveries.tries"), number: true, cell: (one) => <span className="num">{one.attempts}</span> },
    { id: "at", name: t("deliveries.at"), width: "120px", cell: (one) => <When at={one.created_at} /> },
    { id: "message", name: t("deliveries.message"), cell: (one) => (one.message ? <><span className="clip-2" title={one.message}>{one.message}</span>{one.for_administrators ? <div className="small strong">{t("outbox.forAdministrators")}</div> : null}</> : <span className="quiet">—</span>) },
  ];
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useParam();
  const { page, offset, limit } = pageOf(get, SIZE);
  const filter: DeliveryFilter = { count: get("count"), state: get("state"), flow: get("flow"), q: get("q") };
  const query = { ...filter, offset, limit };
  const deliveries = useQuery({ queryKey: ["deliveries", query], queryFn: () => api.deliveries(query), placeholderData: keepPreviousData, enabled: may("delivery.view") });
  if (!may("delivery.view")) return <Forbidden />;
  const filtered = Object.values(filter).some(Boolean);
  return (
    <>
      <Head title={t("deliveries.title")} below={t("deliveries.lead")} />
      <div className="filters">
        <Search value={filter.q} change={(q) => set({ q })} label={t("deliveries.search")} />
        <Select
          mode="multiple" allowClear maxTagCount="responsive" style={{ width: 240 }} value={filter.state?.split(",") ?? []} placeholder={t("deliveries.anyState")} aria-label={t("deliveries.state")}
          options={STATES.map((state) => ({ value: state, label: word("deliveryState", state) }))}
          onChange={(states: string[]) => set({ state: states.join(",") })}
        />
        <FlowFilter value={filter.flow} change={(flow) => set({ flow })} />
        {filter.count ? <button type="button" className="chip" onClick={() => set({ count: null })}>{filter.count} <span aria-hidden="true">×</span></button> : null}
      </div>
      <Load
        of={deliveries}
        isEmpty={({ rows }) => rows.length === 0}
        empty={filtered ? <Notice mark="empty" title={t("table.noneFound")}>{t("table.noneFoundNext")}</Notice> : <Notice mark="empty" title={t("deliveries.none")}>{t("deliveries.noneNext")}</Notice>}
      >
        {(data) => <Rows data={data} filter={filter} page={page} go={(next) => set({ page: next })} />}
      </Load>
    </>
  );
}

/** What a person asks to be sent again: those chosen, or everything the filter finds. */
type Asked = { ids: number[] } | { filter: DeliveryFilter };

function Rows({ data: { rows, total, down }, filter, page, go }: { data: DeliveryPage; filter: DeliveryFilter; page: number; go: (page: number) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const columns = useColumns();
  const mayResend = may("delivery.resend");
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set());
  const [asked, setAsked] = useState<{ what: Asked; number: number } | null>(null);
  const chosen = new Set(rows.filter(({ id }) => picked.has(id)).map(({ id }) => id));
  const narrowed = Object.values(filter).some(Boolean);
  return (
    <>
      {down.map((system) => <Alert key={system.system} type="warning" showIcon className="banner" title={system.message} description={system.retry_at ? <>{t("outbox.nextTry")} <When at={system.retry_at} seconds /></> : t("outbox.probing")} />)}
      {mayResend ? (
        <div className="bar">
          <div className="bar-facts"><b className="num" role="status">{chosen.size ? t("outbox.chosen", { count: chosen.size, total: formatCount(chosen.size) }) : t("outbox.listed", { count: total, total: formatCount(total) })}</b></div>
          <div className="bar-actions">
            {narrowed ? <Button onClick={() => setAsked({ what: { filter }, number: total })}>{t("outbox.resendAll", { total: formatCount(total) })}</Button> : null}
            <Button type="primary" disabled={!chosen.size} onClick={() => setAsked({ what: { ids: [...chosen] }, number: chosen.size })}>{t("outbox.resendChosen")}</Button>
          </div>
        </div>
      ) : null}
      <Panel flush>
        <Table keyboard label={t("deliveries.title")} columns={columns} rows={rows} keyOf={({ id }) => id} open={({ id }) => void navigate(`/deliveries/${id}`)} selection={mayResend ? { chosen, change: setPicked } : undefined} />
        <Pager page={page} size={SIZE} total={total} go={go} />
      </Panel>
      {asked ? <ResendDialog number={asked.number} send={(reason) => api.resendMany({ ...asked.what, reason })} done={() => setPicked(new Set())} close={() => setAsked(null)} /> : null}
    </>
  );
}
