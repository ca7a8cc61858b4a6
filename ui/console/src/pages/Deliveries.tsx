import type { Delivery, DeliveryState } from "@shared/model";
import { formatCount } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { pageOf, useParam } from "../app/params";
import { api } from "../app/server";
import { useMay } from "../app/session";
import { word } from "../app/words";
import { FlowFilter } from "../parts/FlowFilter";
import { Head, Panel } from "../parts/layout";
import { Pager } from "../parts/Pager";
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
    { id: "state", name: t("deliveries.state"), width: "130px", cell: (one) => <State of="deliveryState" code={one.state} /> },
    { id: "count", name: t("deliveries.count"), cell: (one) => (one.count ? <Link className="nowrap" to={`/counts/${one.count}`}><Code>{one.count}</Code></Link> : <span className="quiet">—</span>) },
    { id: "key", name: t("deliveries.key"), cell: (one) => <div className="clip small"><Code>{one.key}</Code>{one.remote_id ? <div className="quiet">{t("deliveries.remote")} <Code>{one.remote_id}</Code></div> : null}</div> },
    { id: "lines", name: t("deliveries.lines"), number: true, cell: (one) => <span className="num">{formatCount(one.lines)}</span> },
    { id: "tries", name: t("deliveries.tries"), number: true, cell: (one) => <span className="num">{one.attempts}</span> },
    { id: "at", name: t("deliveries.at"), width: "120px", cell: (one) => <When at={one.created_at} /> },
    { id: "message", name: t("deliveries.message"), cell: (one) => (one.message ? <span className="clip-2" title={one.message}>{one.message}</span> : <span className="quiet">—</span>) },
  ];
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [get, set] = useParam();
  const { page, offset, limit } = pageOf(get, SIZE);
  const query = { count: get("count"), state: get("state"), flow: get("flow"), q: get("q"), offset, limit };
  const deliveries = useQuery({ queryKey: ["deliveries", query], queryFn: () => api.deliveries(query), placeholderData: keepPreviousData, enabled: may("delivery.view") });
  const columns = useColumns();
  if (!may("delivery.view")) return <Forbidden />;
  const filtered = Boolean(query.count ?? query.state ?? query.flow ?? query.q);
  return (
    <>
      <Head title={t("deliveries.title")} below={t("deliveries.lead")} />
      <div className="filters">
        <Search value={query.q} change={(q) => set({ q })} label={t("deliveries.search")} />
        <Select
          mode="multiple" allowClear maxTagCount="responsive" style={{ width: 240 }} value={query.state?.split(",") ?? []} placeholder={t("deliveries.anyState")} aria-label={t("deliveries.state")}
          options={STATES.map((state) => ({ value: state, label: word("deliveryState", state) }))}
          onChange={(states: string[]) => set({ state: states.join(",") })}
        />
        <FlowFilter value={query.flow} change={(flow) => set({ flow })} />
        {query.count ? <button type="button" className="chip" onClick={() => set({ count: null })}>{query.count} <span aria-hidden="true">×</span></button> : null}
      </div>
      <Panel flush>
        <Load
          of={deliveries}
          isEmpty={({ rows }) => rows.length === 0}
          empty={filtered ? <Notice mark="empty" title={t("table.noneFound")}>{t("table.noneFoundNext")}</Notice> : <Notice mark="empty" title={t("deliveries.none")}>{t("deliveries.noneNext")}</Notice>}
        >
          {({ rows, total }) => (
            <>
              <Table keyboard label={t("deliveries.title")} columns={columns} rows={rows} keyOf={({ id }) => id} open={({ id }) => void navigate(`/deliveries/${id}`)} />
              <Pager page={page} size={SIZE} total={total} go={(next) => set({ page: next })} />
            </>
          )}
        </Load>
      </Panel>
    </>
  );
}
